"""Alt texts without looking: the picture's own words where they say what it shows, else whose picture it is. Pure.

Called by `writer` with a source whose texts are plain.
"""

from __future__ import annotations

import regex

from petra.ai import sentences
from petra.ai.answers import opened
from petra.ai.contract import Source

# How an alt text begins where nobody said what the picture shows. "{}" is the article's title.
OPENINGS = {
    "en": "Picture from the article “{}”",
    "de": "Bild aus dem Artikel „{}“",
    "fr": "Image de l’article « {} »",
    "es": "Imagen del artículo «{}»",
    "it": "Immagine dall’articolo «{}»",
    "nl": "Afbeelding bij het artikel ‘{}’",
    "pt": "Imagem do artigo “{}”",
}
_FILE_NAME = regex.compile(
    r"[\w().\- ]+\.(?:jpe?g|png|webp|gif|avif|heic)|(?:img|dsc[fn]?|image|photo|bild|foto)?[\W\d_]*"
    r"|\S*[_/\\]\S*|\S+-\S+-\S+",
    regex.IGNORECASE,
)
# Words that name who made a picture, not what it shows.
_CREDIT = regex.compile(
    r"©|\(c\)|\bcopyright\b|\b(?:photos?|fotos?|images?|bild(?:er|quelle|nachweis)?|pictures?|credits?|cr[ée]dits?|quelle"
    r"|sources?|fuente|fonte|bron|illustration|grafik|screenshot)(?: credits?| courtesy)?"
    r"\s*(?::|/|©|\b(?:by|von|par|por|di|door|via)\b)"
    r"|\b(?:getty|shutterstock|unsplash|pixabay|pexels|istock|adobe ?stock|pixelio|alamy|dpa|afp|reuters|wikimedia"
    r"|depositphotos|fotolia)\b|\bcc[ -]by\b",
    regex.IGNORECASE,
)
_OLD = regex.compile(r"(?:archivbild|archivfoto|symbolfoto|file photo|file)\b[^:]{0,40}:\s*", regex.IGNORECASE)
_BRACKETS = regex.compile(r"\s*[(\[][^()\[\]]{0,200}[)\]]")
_NOT_OF_IT = regex.compile(
    r"(?:e-?mail|share|print|tweet|pin|follow|like|subscribe|click|download|read|teilen|drucken|partag|compart|condivid)\b.*"
    r"|.*\b(?:logo|icon|avatar|gravatar|banner|placeholder|thumbnail|featured image|beitragsbild|titelbild|header"
    r"|profile picture|vorschaubild|platzhalter|representative image|stock photo|symbolbild)\b.*",
    regex.IGNORECASE,
)


def alt_text_of(source: Source, subject: str, *, most: int, opening: str = "") -> str:
    """Give an alt text of at most `most` characters. `subject` is what the article is about, mostly its title."""
    for words in (source.picture_alt, source.picture_caption):
        said = _said(words, subject)
        if said:
            return sentences.fit(opened(said, opening) if opening else said, most)
    if opening and subject:
        return sentences.at_word(opened(subject, opening), most)
    frame = OPENINGS.get(source.language, "{}") if source.is_article else "{}"
    room = most - len(frame) + 2
    if not subject or room < 20:
        return sentences.fit(subject, most)
    return frame.format(sentences.at_word(subject, room))


def _said(words: str, subject: str) -> str:
    """Give what the words say of the picture: without credits, and nothing where they are no description."""
    words = _BRACKETS.sub(lambda found: "" if _CREDIT.search(found.group()) else found.group(), words)
    words = _OLD.sub("", words, count=1) if _OLD.match(words) else words
    words = " ".join(word for word in words.split() if "_" not in word or len(words.split()) == 1)
    credited = _CREDIT.search(words)
    if credited:
        kept = [s for s in sentences.split(words[: credited.start()].rstrip(" |–—-,;/")) if sentences.ends_well(s)]
        words = " ".join(kept)
    words = words.strip(" |–—-,;/*")
    if len(words) <= 3 or _FILE_NAME.fullmatch(words) or _NOT_OF_IT.fullmatch(words):
        return ""
    if words[:1] == "(" and words.endswith(")") and len(words) < 40:
        return ""  # a source
    is_one_word = " " not in words and words.isascii() and words.casefold() not in subject.casefold()
    return words if any(map(str.isalpha, words)) and not is_one_word else ""
