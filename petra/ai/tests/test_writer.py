"""A model is asked over real HTTP: what is sent, what comes back, and what every kind of trouble becomes."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from petra.ai import ladder, providers, scripted
from petra.ai.contract import (
    Brand,
    Cause,
    Picture,
    Request,
    Source,
    Stopped,
    Turn,
    Usage,
    WordLimits,
    Words,
    WriterFailed,
)
from petra.ai.prompts import SMALL_ROOM
from petra.ai.providers import writer_for
from petra.ai.scripted import Answer
from petra.ai.testing import AiDouble
from petra.lib import clock

SOUP = Source(
    title="Kürbissuppe mit Ingwer",
    excerpt="Eine Suppe für kalte Abende.",
    text="Diese Suppe wärmt an kalten Abenden die ganze Familie. Sie ist in vierzig Minuten fertig.\nZutaten\n"
    "Ein Kürbis und zwei Zwiebeln reichen für vier Personen. Frischer Ingwer gibt ihr eine feine Schärfe.",
    headings=("Zutaten",),
    tags=("Suppe", "Herbst"),
    language="de",
    pictures=(Picture("image/png", b"\x89PNG not really"),),
)
ASKED = Request(SOUP, brand=Brand(name="Ofenwarm", alt_text_opening="Bild von"))
both_ways = pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])


def listen(words: Words) -> bool:
    return True


def failed(double: AiDouble, *answers: Answer, streams: bool = False, request: Request = ASKED) -> WriterFailed:
    double.script(*answers)
    with pytest.raises(WriterFailed) as caught:
        writer_for(double.access()).write(request, on_partial=listen if streams else None)
    return caught.value


@both_ways
def test_words_come_within_the_limits_with_what_they_took(ai_double: AiDouble, streams: bool) -> None:
    written = writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None)
    assert "Diese Suppe wärmt" in written.words.description
    assert written.words.alt_text.startswith("Bild von ")
    assert written.words.topics
    assert (written.writer, written.asked) == ("double-small", 1)
    assert written.usage.input_tokens + written.usage.output_tokens == ai_double.tokens
    assert written.usage.cost_usd == ai_double.cost_usd > 0
    assert not written.usage.is_estimated


def test_what_is_sent_holds_rules_article_picture_and_schema(ai_double: AiDouble) -> None:
    writer_for(ai_double.access()).write(ASKED)
    (asked,) = ai_double.asked
    assert "in German (de)" in asked.system
    assert "Name of the blog: Ofenwarm" in asked.system
    assert "Kürbis" not in asked.system
    told = asked.messages[-1]
    assert told["role"] == "user"
    assert "Title: Kürbissuppe mit Ingwer" in scripted.text_of(told)
    assert "## Zutaten\nEin Kürbis und zwei Zwiebeln" in scripted.text_of(told)
    (picture,) = asked.pictures
    assert picture == "data:image/png;base64," + base64.b64encode(SOUP.pictures[0].data).decode()
    schema = asked.body["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["title", "description", "alt_text", "topics"]
    assert asked.body["max_tokens"] >= 1400


def test_only_the_fields_wanted_are_asked_for_and_changed(ai_double: AiDouble) -> None:
    current = Words("Alter Titel", "Die alte Beschreibung bleibt.", "Bild von Suppe", ("suppe",))
    asked = replace(ASKED, fields=frozenset({"title"}), current=current)
    written = writer_for(ai_double.access()).write(asked)
    assert written.words.title != "Alter Titel"
    assert replace(written.words, title="") == replace(current, title="")
    (sent,) = ai_double.asked
    assert list(sent.body["response_format"]["json_schema"]["schema"]["properties"]) == ["title"]
    assert "Die alte Beschreibung bleibt." in sent.text


def test_feedback_is_a_conversation(ai_double: AiDouble) -> None:
    first = Words("Suppe", "Eine Suppe.", "Bild von Suppe", ("suppe",))
    turns = (Turn(first, "Kürzer bitte"), Turn(replace(first, title="Suppe!"), "Ohne Ausrufezeichen"))
    writer_for(ai_double.access()).write(replace(ASKED, turns=turns))
    (asked,) = ai_double.asked
    roles = [message["role"] for message in asked.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    said = [scripted.text_of(message) for message in asked.messages]
    assert "Kürbissuppe" in said[1]
    assert json.loads(said[2])["title"] == "Suppe"
    assert said[3].startswith("Kürzer bitte\n")
    assert json.loads(said[4])["title"] == "Suppe!"
    assert said[5].startswith("Ohne Ausrufezeichen\n")
    assert len(asked.pictures) == 1


def test_faults_are_mended_once_with_the_fault_named(ai_double: AiDouble) -> None:
    ai_double.script(scripted.over_long())
    written = writer_for(ai_double.access()).write(ASKED)
    first, second = ai_double.asked
    assert scripted.text_of(second.messages[-2]) == first_answer(ai_double)
    assert "The title has 400 characters. At most 100 are allowed." in scripted.text_of(second.messages[-1])
    assert second.messages[: len(first.messages)] == first.messages
    assert written.asked == 2
    assert written.usage.cost_usd == ai_double.cost_usd
    assert len(written.words.description) < 300


def first_answer(double: AiDouble) -> str:
    return scripted.over_long().said(double.asked[0].body)


def test_what_stays_too_long_is_trimmed_at_a_sentence(ai_double: AiDouble) -> None:
    ai_double.script(scripted.over_long(), scripted.over_long(), scripted.over_long())
    written = writer_for(ai_double.access()).write(replace(ASKED, limits=WordLimits(60, 200, 100)))
    assert len(ai_double.asked) == 2
    assert len(written.words.description) <= 200
    assert written.words.description.endswith(".")


def test_a_failure_while_mending_leaves_what_can_be_used(ai_double: AiDouble) -> None:
    ai_double.script(scripted.over_long(), scripted.broken())
    written = writer_for(ai_double.access()).write(ASKED)
    assert written.words.title
    assert len(written.words.title) <= 100


@both_ways
def test_another_language_is_asked_for_again_and_never_kept(ai_double: AiDouble, streams: bool) -> None:
    ai_double.script(scripted.wrong_language())
    written = writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None)
    assert "Suppe" in written.words.description
    assert "Write all of them in German" in ai_double.asked[1].text
    error = failed(ai_double, scripted.wrong_language(), scripted.wrong_language(), streams=streams)
    assert (error.cause, "Dutch" in error.detail) == (Cause.BAD_ANSWER, True)
    assert error.usage.cost_usd == sum((asked.cost_usd for asked in ai_double.asked[-2:]), Decimal(0))


@both_ways
def test_answers_in_odd_wrapping_are_taken(ai_double: AiDouble, streams: bool) -> None:
    for answer in (scripted.fenced(), scripted.without_usage()):
        ai_double.script(answer)
        written = writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None)
        assert written.asked == 1
    assert written.usage.is_estimated
    assert 0.3 < written.usage.input_tokens / ai_double.asked[-1].input_tokens < 3


@both_ways
def test_what_is_no_json_is_asked_for_again_once(ai_double: AiDouble, streams: bool) -> None:
    ai_double.script(scripted.malformed())
    assert writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None).asked == 2
    assert "It is not one JSON object" in ai_double.asked[-1].text
    ai_double.script(scripted.ended_early())
    assert writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None).asked == 2
    assert "it was cut off" in ai_double.asked[-1].text
    error = failed(ai_double, scripted.malformed(), scripted.malformed(), streams=streams)
    assert error.cause is Cause.BAD_ANSWER
    assert error.usage.output_tokens > 0
    assert error.asked == 2


@both_ways
@pytest.mark.parametrize(
    ("answer", "cause", "detail"),
    [
        (scripted.key_refused("sk-wrong"), Cause.KEY_REFUSED, "Incorrect API key"),
        (scripted.key_refused("", 403), Cause.KEY_REFUSED, "Incorrect API key"),
        (scripted.no_model("gone"), Cause.NO_MODEL, "`gone`"),
        (scripted.no_quota(), Cause.QUOTA, "quota"),
        (scripted.broken(), Cause.PROVIDER_ERROR, "had an error"),
        (scripted.broken(503), Cause.PROVIDER_ERROR, "had an error"),
        (scripted.cut(), Cause.UNREACHABLE, "broke off"),
        (scripted.content_filter(), Cause.CONTENT_REFUSED, ""),
        (scripted.refused(), Cause.CONTENT_REFUSED, "safety"),
        (scripted.redirect("http://127.0.0.1:9/"), Cause.BAD_ADDRESS, "leads on"),
        (Answer("page", raw=b"<html>Welcome</html>"), Cause.BAD_ANSWER, "form"),
        (Answer("list", raw=b"[]"), Cause.BAD_ANSWER, "form"),
        (Answer("nothing", raw=b""), Cause.BAD_ANSWER, "form"),
        (Answer("no choices", raw=b'{"choices": []}'), Cause.BAD_ANSWER, "form"),
        (Answer("no message", raw=b'{"choices": [{"message": null}]}'), Cause.BAD_ANSWER, "form"),
        (Answer("too deep", raw=b'{"choices": ' + b"[" * 100_000), Cause.BAD_ANSWER, "form"),
        (Answer("error too deep", 500, raw=b"[" * 600 + b"]" * 600), Cause.PROVIDER_ERROR, "500"),
        (Answer("not there", 404, raw=b"<html>Not Found</html>"), Cause.BAD_ADDRESS, "/v1"),
    ],
    ids=lambda value: value.name if isinstance(value, Answer) else "",
)
def test_every_trouble_has_its_cause(
    ai_double: AiDouble, answer: Answer, cause: Cause, detail: str, streams: bool
) -> None:
    error = failed(ai_double, answer, answer, streams=streams)
    assert error.cause is cause
    assert detail in error.detail
    assert error.__cause__ is None
    assert error.__context__ is None


@both_ways
def test_too_often_says_when_to_come_back_and_is_not_repeated(ai_double: AiDouble, streams: bool) -> None:
    error = failed(ai_double, scripted.too_often(17), streams=streams)
    assert (error.cause, error.retry_after_s) == (Cause.RATE, 17)
    assert failed(ai_double, scripted.too_often(None), streams=streams).retry_after_s is None
    assert len(ai_double.asked) == 2


@both_ways
def test_silence_ends_at_the_time_out(ai_double: AiDouble, streams: bool) -> None:
    ai_double.script(scripted.hang(20))
    with pytest.raises(WriterFailed) as caught:
        writer_for(ai_double.access(timeout_s=0.4)).write(ASKED, on_partial=listen if streams else None)
    assert caught.value.cause is Cause.TIME_OUT
    assert caught.value.detail == "No answer in 0.4 s."
    assert caught.value.usage.is_estimated
    assert caught.value.usage.input_tokens > 100  # it was sent, and the provider may be paid for reading it


def test_a_stream_that_drips_ends_at_the_time_out(ai_double: AiDouble) -> None:
    ai_double.piece_s = 0.4
    with pytest.raises(WriterFailed) as caught:
        writer_for(ai_double.access(timeout_s=2.5)).write(ASKED, on_partial=listen)
    assert caught.value.cause is Cause.TIME_OUT
    assert caught.value.usage.is_estimated
    assert caught.value.usage.output_tokens > 0


def test_nobody_there_is_unreachable(ai_double: AiDouble) -> None:
    access = ai_double.access()
    ai_double.close()
    with pytest.raises(WriterFailed) as caught:
        writer_for(access).write(ASKED)
    assert caught.value.cause is Cause.UNREACHABLE
    assert caught.value.usage == Usage()


def test_what_was_refused_costs_nothing_and_an_answer_nobody_can_read_does(ai_double: AiDouble) -> None:
    for refusal in (scripted.broken(), scripted.too_often(5), scripted.refused(), scripted.redirect("/elsewhere")):
        assert failed(ai_double, refusal).usage == Usage()
    page = Answer("page", raw=b"<html><title>Welcome</title></html>")
    for streams in (False, True):
        error = failed(ai_double, page, page, streams=streams)
        assert (error.cause, error.usage.is_estimated) == (Cause.BAD_ANSWER, True)
        assert error.usage.input_tokens > 100


@both_ways
def test_the_ladder_goes_down_once_and_is_remembered(ai_double: AiDouble, streams: bool) -> None:
    ai_double.refuses = {"json_schema": 500}
    writer = writer_for(ai_double.access())
    for _ in range(2):
        writer.write(ASKED, on_partial=listen if streams else None)
    assert [(asked.form, asked.status) for asked in ai_double.asked] == [
        ("json_schema", 500),
        ("json_object", 200),
        ("json_object", 200),
    ]
    told = ai_double.asked[-1]
    assert told.body["response_format"]["schema"]["required"][0] == "title"
    assert '"alt_text"' in told.system


@both_ways
def test_a_server_that_takes_no_form_is_asked_in_plain_words(ai_double: AiDouble, streams: bool) -> None:
    ai_double.refuses = {"json_schema": 400, "json_object": 422}
    written = writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None)
    assert [asked.form for asked in ai_double.asked] == ["json_schema", "json_object", "json_object", ""]
    assert written.asked == 1
    writer_for(ai_double.access()).write(ASKED, on_partial=listen if streams else None)
    assert len(ai_double.asked) == 5
    writer_for(ai_double.access(model="another")).write(ASKED)
    assert len(ai_double.asked) == 9


def test_a_fault_of_the_server_is_no_reason_to_go_down(ai_double: AiDouble) -> None:
    failed(ai_double, scripted.broken())
    writer_for(ai_double.access()).write(ASKED)
    assert [asked.form for asked in ai_double.asked] == ["json_schema", "json_schema"]


@pytest.mark.parametrize(
    "deaf",
    [
        Answer("whole", raw=json.dumps(scripted.completion("m", scripted.own_words({}), "stop", None)).encode()),
        scripted.error(400, "'stream' must be false", "invalid_request_error", None),
    ],
    ids=["answers whole", "refuses"],
)
def test_a_server_that_does_not_stream_is_asked_whole(ai_double: AiDouble, deaf: Answer) -> None:
    ai_double.script(deaf)
    writer = writer_for(ai_double.access())
    for _ in range(2):
        assert writer.write(ASKED, on_partial=listen).words.title
    assert [bool(asked.body.get("stream")) for asked in ai_double.asked] == [True, False, False]


def test_pictures_too_big_for_a_server_are_left_out(ai_double: AiDouble) -> None:
    ai_double.script(Answer("too big", 413, raw=b"<html>413 Request Entity Too Large</html>"))
    assert writer_for(ai_double.access()).write(ASKED).words.title
    assert [len(asked.pictures) for asked in ai_double.asked] == [1, 0]


def test_a_model_without_eyes_gets_no_picture(ai_double: AiDouble) -> None:
    blind = scripted.error(400, "This model does not support image input", "invalid_request_error", None)
    ai_double.script(blind)
    writer = writer_for(ai_double.access())
    writer.write(ASKED)
    writer.write(ASKED)
    assert [len(asked.pictures) for asked in ai_double.asked] == [1, 0, 0]
    assert "You can't see the picture." in ai_double.asked[-1].text


def test_a_prompt_too_long_for_the_model_is_shortened(ai_double: AiDouble) -> None:
    sentence = "Diese Suppe wärmt an kalten Abenden die ganze Familie und ist schnell fertig. "
    long = replace(ASKED, source=replace(SOUP, text=sentence * 300, headings=()))
    too_long = scripted.error(400, "This model's maximum context length is 2048 tokens", "x", "context_length_exceeded")
    ai_double.script(too_long)
    writer_for(ai_double.access()).write(long)
    first, second = ai_double.asked
    assert len(second.text) < len(first.text) - SMALL_ROOM
    assert second.form == "json_schema"
    assert second.body["max_tokens"] < first.body["max_tokens"] / 3
    writer_for(ai_double.access()).write(long)
    assert len(ai_double.asked) == 3  # remembered
    ladder.forget()
    assert failed(ai_double, too_long, too_long, request=long).cause is Cause.BAD_REQUEST


def test_partial_words_come_in_and_grow(ai_double: AiDouble) -> None:
    ai_double.piece_s = 0.08
    seen: list[Words] = []

    def watch(words: Words) -> bool:
        seen.append(words)
        return True

    written = writer_for(ai_double.access()).write(ASKED, on_partial=watch)
    titles = [words.title for words in seen]
    assert titles[-1] == written.words.title
    lengths = [len(words.title + words.description) for words in seen]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) >= 3
    assert all(written.words.title.startswith(title) for title in titles)


@pytest.mark.parametrize("when", ["before the first word", "in the middle"])
def test_stop_ends_it_at_once_and_tells_what_was_spent(ai_double: AiDouble, when: str) -> None:
    if when == "in the middle":
        ai_double.piece_s = 0.1
    else:
        ai_double.script(scripted.hang(20))
    threads = threading.active_count()

    def stop(words: Words) -> bool:
        return not words.title if when == "in the middle" else False

    with pytest.raises(Stopped) as caught:
        writer_for(ai_double.access(timeout_s=20)).write(ASKED, on_partial=stop)
    usage = caught.value.usage
    assert usage.is_estimated
    assert usage.input_tokens > 100
    assert (usage.output_tokens > 0) == (when == "in the middle")
    assert threading.active_count() <= threads + 2  # the double's own
    if when == "in the middle":
        until = clock.monotonic() + 5
        while not ai_double.asked[0].was_left and clock.monotonic() < until:
            clock.sleep(0.05)
        assert ai_double.asked[0].was_left


def test_a_listener_that_breaks_ends_the_asking(ai_double: AiDouble) -> None:
    ai_double.script(scripted.hang(20))

    def broken(words: Words) -> bool:
        raise LookupError("the database went away")

    with pytest.raises(LookupError):
        writer_for(ai_double.access(timeout_s=20)).write(ASKED, on_partial=broken)


def test_without_a_model_nobody_is_asked(ai_double: AiDouble) -> None:
    with pytest.raises(WriterFailed) as caught:
        writer_for(ai_double.access(model=" ")).write(ASKED)
    assert (caught.value.cause, ai_double.asked) == (Cause.NO_MODEL, [])


def test_an_address_copied_with_its_path_will_do(ai_double: AiDouble) -> None:
    access = replace(ai_double.access(), base_url=f" {ai_double.url}/chat/completions/ ")
    assert writer_for(access).write(ASKED).asked == 1
    lost = replace(access, base_url=ai_double.url.removesuffix("/v1"))
    with pytest.raises(WriterFailed) as caught:
        writer_for(lost).write(ASKED)
    assert (caught.value.cause, "/v1" in caught.value.detail) == (Cause.BAD_ADDRESS, True)


@pytest.mark.parametrize("key", ["sk-\n1234567890", "sk-schlüssel-c4n4ry", "two words c4n4ry", "\x00"])
def test_a_key_that_was_copied_wrongly_is_not_sent(ai_double: AiDouble, key: str) -> None:
    access = replace(ai_double.access(), key=key)
    for ask in (writer_for(access).write, lambda _: providers.models(access), lambda _: providers.check(access)):
        with pytest.raises(WriterFailed) as caught:
            ask(ASKED)
        assert (caught.value.cause, "c4n4ry" in caught.value.detail) == (Cause.KEY_REFUSED, False)
    assert ai_double.journal == []


def test_a_server_without_a_key_is_sent_none(ai_double: AiDouble) -> None:
    ai_double.key = ""
    writer_for(ai_double.access()).write(ASKED)
    assert ai_double.asked[0].key == ""


def test_several_threads_may_use_one_writer(ai_double: AiDouble) -> None:
    ai_double.latency_s = 0.2
    writer = writer_for(ai_double.access())
    requests = [replace(ASKED, variant=number) for number in range(5)]
    threads = [threading.Thread(target=writer.write, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert ai_double.most_at_once > 1  # how many it is, a busy machine decides
    assert len({asked.text for asked in ai_double.asked}) == 5
