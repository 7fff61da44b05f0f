"""Word lists of the offline writer, for German and English. Lower case; abbreviations without their last stop."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A single full stop behind one of these ends no sentence. What is also a word of its own ("fig", "min") is left out,
# and so are units ("tbsp"): a capital letter behind them more often begins a sentence.
ABBREVIATIONS = _words(
    """
    dr mr mrs ms prof st sr jr vs e.g i.e cf ca approx jan feb apr jun jul aug sept oct nov z.b d.h u.a u.ä o.ä o.a
    i.d.r s.o s.u v.a z.t m.e bzw evtl ggf inkl exkl vgl bspw sog hrsg mio mrd geb allg zzgl abzgl ggü fr hr frl mme
    mlle p.ex sra srta uds sig.ra bijv d.w.z m.a.w
    """
)
# These end no sentence when a number follows.
BEFORE_NUMBERS = _words("no nos nr fig abb vol pp s p kap art max min mind tel ca bd str")
# A number with a stop before one of these is an ordinal: "am 3. Mai".
AFTER_ORDINALS = _words(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember advent jahrhundert
    klasse stock etage tag woche mal auflage geburtstag platz teil schritt kapitel gang
    """
)
STOP_WORDS = {
    "en": _words(
        """
        a about after all also an and any are as at be because been before but by can could did do does for from get
        had has have he her here him his how i if in into is it its just like make many may me more most much my no
        not now of on one only or other our out over she so some such than that the their them then there these they
        this those through to too two under up us use very was we were what when where which while who will with
        without would you your
        """
    ),
    "de": _words(
        """
        aber alle als also am an auch auf aus bei beim bin bis bist da damit dann das dass dein dem den denn der des
        dich die dies diese dieser dieses dir doch du durch ein eine einem einen einer eines er es etwas für hab
        habe haben hat hier ich ihm ihn ihr im in ist ja jede jeder jedes kann kein keine man mehr mein mich mir mit
        nach nicht noch nun nur ob oder ohne schon sein seine sich sie sind so sonst über um und uns unser unter vom
        von vor war was wenn wer wie wir wird wo zu zum zur
        """
    ),
}
# Headings that say nothing of their article.
PLAIN_HEADINGS = _words(
    """
    ingredients method directions instructions notes tips conclusion introduction recipe faq comments zutaten
    zubereitung anleitung notizen tipps fazit einleitung rezept fragen kommentare
    """
)
# A sentence that begins like this leans on the one before it.
LEANS = _words(
    """
    and but or so then this that these those it they he she however therefore instead both either too such which
    again und aber oder denn dann dies diese dieser dieses das es sie er doch jedoch deshalb darum dadurch dabei
    danach davon dazu damit auch beides beide so
    """
)
# A sentence that holds one of these speaks of the page, not of its subject.
PAGE_TALK = (
    "affiliate",
    "all rights reserved",
    "click here",
    "comment below",
    "cookie",
    "follow me",
    "jump to recipe",
    "leave a comment",
    "newsletter",
    "pin it",
    "print recipe",
    "privacy policy",
    "read more",
    "share this",
    "sign up",
    "sponsored",
    "subscribe",
    "this post may contain",
    "abonniere",
    "alle rechte vorbehalten",
    "datenschutz",
    "folge mir",
    "hier klicken",
    "hinterlasse einen kommentar",
    "kommentiere",
    "rezept drucken",
    "schreib mir einen kommentar",
    "teile diesen beitrag",
    "weiterlesen",
    "werbung",
    "zum rezept springen",
)
# How an alt text begins where nobody said what the picture shows. "{}" is the article's title.
ALT_OPENINGS = {"en": "Picture from the article “{}”", "de": "Bild aus dem Artikel „{}“"}
# Words that begin a noun and change with what stands before it.
DETERMINERS = _words(
    "ein eine einer eines der die das un une le la les des el los las una il lo gli i een de het o os as um uma"
)
