"""Word lists of the offline writer, for seven languages. Lower case; abbreviations without their last stop."""

from __future__ import annotations

import re
from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.replace("\n", ",").split(",") if phrase.strip())


def any_of(phrases: Iterable[str], *, before: str, after: str = r"(?!\w)") -> re.Pattern[str]:
    """Give a pattern that finds any of some phrases in a text in lower case."""
    longest_first = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, longest_first))}){after}")


# A single full stop behind one of these ends no sentence. What is also a word of its own ("fig", "min", "es") is left
# out, and so are units ("tbsp"): a capital letter behind them more often begins a sentence.
ABBREVIATIONS = _words(
    """
    dr mr mrs ms prof st sr jr vs e.g i.e cf ca approx jan feb apr jun jul aug sept oct nov z.b d.h u.a u.ä o.ä o.a
    i.d.r s.o s.u v.a z.t m.e bzw evtl ggf inkl exkl vgl bspw sog hrsg mio mrd geb allg zzgl abzgl ggü fr hr frl mme
    mlle p.ex sra srta uds sig.ra bijv d.w.z m.a.w e.v spp mgr ste env éd chap av apr j.-c dra vd p.ej p.es núm aprox
    avda ee.uu a.c d.c pág págs sig dott dott.ssa ing avv pag gent egr bv m.b.t t.a.v i.p.v a.u.b dhr mevr mw blz incl
    excl evt resp profa ltda exmo exma
    """
)
# Two words that are one abbreviation; the second alone is a word.
ABBREVIATED_PAIRS = frozenset({("p.", "ex"), ("p.", "ej"), ("p.", "es"), ("por", "ej"), ("par", "ex"), ("per", "es")})
# These end no sentence when a number follows.
BEFORE_NUMBERS = _words("no nos nr fig abb vol pp s p kap art max min mind tel ca bd str núm pag pág blz nº n°")
# Behind initials ("the U.S.") only these begin a sentence; any other capital letter begins a name.
STARTERS = _words(
    """
    the a an he she it they we i you this that these but and in for on at if as when while der die das er sie es wir ich
    ein eine und aber in im le la les il elle ils on nous un une et mais el los las un una y pero il lo gli e ma de het
    een en maar o os as um uma mas
    """
)
# A number with a stop before one of these is an ordinal: "am 3. Mai".
AFTER_ORDINALS = _words(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember advent jahrhundert
    klasse stock etage tag woche mal auflage geburtstag platz teil schritt kapitel gang
    """
)
# Words that begin a noun and change with what stands before them.
DETERMINERS = _words(
    "ein eine einer eines der die das un une le la les des el los las una il lo gli i een de het o os as um uma"
)
STOP_WORDS = {
    "en": _words(
        """
        a about after again all latest also always am an and another any are around as at back be because been before
        being best better both but by can come could did do does doing don don't done each even ever every few first for
        from get gets getting give go goes going good got great had has have having he help her here him his how i i'm
        if in into is isn't it it's its just keep know last let like little ll long look lot made make makes making
        many may me might more most much must my need needs never new next no not now of off often on once one only or
        other our out over own people put re really right said same say says see she should since so some something
        sometimes still such sure take than that that's the their them then there these they thing things think this
        those though three through time times to together too try two under until up us use used using ve very want
        was way ways we well were what when where which while who why will with within without won work would year
        years yes yet you you're your
        """
    ),
    "de": _words(
        """
        ab aber alle während allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits
        besonders bin bis bist bleibt da dabei dafür damit dann daran darauf das dass davon dazu dein deine dem den denn
        der des
        dich die dies diese diesem diesen dieser dieses dir direkt doch dort du durch ein eine einem einen einer eines
        einfach einige er es etwa etwas euch euer für ganz geben geht gerade gerne gibt gut gute haben hab habe hast
        hat hatte hatten heute hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in indem ins ist ja jahr
        jahre jahren jede jeden jeder jedes jetzt kann kannst kein keine keinen kommen kommt können lassen leicht
        lässt machen macht mal man mehr mein meine meinem meinen meiner mich mir mit muss müssen nach natürlich neben
        neue neuen nicht nichts noch nun nur ob oder oft ohne recht schon sehr sein seine seinem seinen seiner seit
        selbst sich sie sieht sind so sogar soll sollte sollten sondern sonst sowie steht tun über um und uns unser
        unsere unseren unter viel viele vielen vom von vor war waren warum was weil weiter wenn wer werde werden wie
        wieder will wir wird wo wurde wurden zeit zu zum zur zwei zwischen würde
        """
    ),
    "fr": _words(
        """
        a afin ai ainsi alors après as au aucun aujourd aussi autre autres aux avant avec avez avoir avons bien bon
        bonne c ça car ce cela celle celles celui ces cet cette ceux chaque chez comme comment contre d dans de depuis
        des deux dire doit donc du elle elles en encore entre est et étaient était été être eu eux fait faire faut
        fois font grand ici il ils j je jour jours jusqu l la le les leur leurs lors lui m ma mais me même mes moi
        moins mon n ne ni non nos notre nous on ont ou où par parce pas pendant peu peut peuvent plus plusieurs pour
        pourquoi pouvez première pris puis qu quand que quel quelle quelques qui quoi rien s sa sans se sera ses si
        soit son sont sous souvent sur t ta te temps tes toi ton toujours tous tout toute toutes très trop tu un une
        vers voici voilà vos votre vous y
        """
    ),
    "es": _words(
        """
        a ahora al algo algunas algunos año años ante antes así aun aunque bien bueno cada casi como cómo con contra
        cosas cual cuando cuándo de del desde después día días donde dónde dos durante e el él ella ellas ellos en
        entre era es esa ese eso esta está están estas este esto estos estoy fue ha hace hacer hacia han hasta hay he
        la las le les lo los luego más me mejor menos mi mis mismo mucho muchas muchos muy nada ni no nos nosotros
        nuestra nuestro o os otra otras otro otros para pero poco por porque pues puede pueden puedes qué que quien se
        sea según ser si sí sido siempre sin sino sobre solo sólo son su sus también tan tanto te tener tenemos tiene
        tienen tienes toda todas todo todos tres tu tú tus un una unas uno unos usted va vamos veces vez y ya yo
        """
    ),
    "it": _words(
        """
        a abbiamo ad agli ai al alla alle allo allora altra altre altri altro anche ancora anni anno avere bene c che
        chi ci ciò col come con cosa così cui d da dagli dai dal dalla dalle degli dei del della delle dello dentro di
        dopo dove due e è ed era essere fa fare fino fra già gli ha hai hanno ho i il in infatti invece io l la le lei
        li lo loro lui ma mai me meno mentre mi mia mio molte molti molto ne negli nei nel nella nelle nello noi non
        nostra nostro o ogni oggi ora per perché però più poco poi possiamo possono prima proprio può qua quale quali
        qualche quando quanto quella quelle quelli quello questa queste questi questo qui quindi se sei sempre senza
        si sia siamo sono sopra sotto su sua sue sui sul sulla sulle suo suoi tanto te ti tra tre tu tua tuo tutta
        tutte tutti tutto un una uno va vi voi volta volte vostro
        """
    ),
    "nl": _words(
        """
        aan al alle alleen als altijd andere bent bij daar daarom dan dat de deze die dit doen door dus een eens en er
        erg even gaan gaat gebruik geen goed had hebben hebt heeft heel het hier hij hoe hun iets ik in is ja jaar je
        jij jouw kan komen komt kunnen kunt laat maar maken maak maakt me meer men met mijn moet moeten mooi na naar
        niet niets nog nu of om omdat ondanks onder ons onze ook op over samen te tegen the toch toen tot tussen twee
        u uit uw van veel verder via voor vooral waar waarom wanneer want waren was wat we weer wel werd wie wij wil
        worden wordt ze zeer zelf zich zien zij zijn zo zoals zonder zou
        """
    ),
    "pt": _words(
        """
        a ainda além algo alguns ano anos ao aos apenas após aqui as assim até bem boa bom cada coisa com como da das
        de deixe dele dela depois desde dessa desse deste dia dias do dois dos duas e é ela elas ele eles em então
        entre era essa esse esta está estão este eu faz fazer foi foram há isso isto já lhe lo mais mas me melhor
        menos mesmo meu minha muita muitas muito muitos na não nas nem no nos nossa nosso num numa o onde os ou outra
        outras outro outros para pela pelas pelo pelos pode podem por porque pouco pra qual quando que quem se seja
        sem sempre ser seu seus só sobre são sua suas também tão tem têm ter teu toda todas todo todos três tu tudo um
        uma umas uns vai vamos vez vezes você vocês
        """
    ),
}
# Headings that say nothing of their article.
PLAIN_HEADINGS = frozenset(
    _phrases(
        """
    published by, most popular, key events, related, related articles, top stories, sign in or create an account
    ingredients, method, directions, instructions, notes, tips, conclusion, introduction, recipe, faq, faqs, comments
    summary, about, about me, resources, related posts, you may also like, final thoughts, overview, contents, share
    table of contents, nutrition, equipment, references, sources, the recipe, update, more, description, what you need
    zutaten, zubereitung, anleitung, notizen, tipps, fazit, einleitung, rezept, fragen, kommentare, übersicht, inhalt
    inhaltsverzeichnis, quellen, das rezept, mehr, weitere artikel, ähnliche beiträge, über mich, zusammenfassung
    links, das könnte dich auch interessieren, weiterführende links, einzelnachweise, hinweise, beschreibung
    nährwerte, teilen, ingrédients, préparation, recette, conseils, astuces, conclusion, introduction, étapes
    commentaires, sommaire, sources, la recette, à lire aussi, notes, matériel, ingredientes, preparación, elaboración
    receta, consejos, conclusión, introducción, pasos, comentarios, índice, la receta, notas, trucos, modo de preparo
    modo de preparação, dicas, conclusão, introdução, comentários, receita, ingredienti, preparazione, procedimento
    ricetta, consigli, conclusioni, introduzione, commenti, indice, note, ingrediënten, bereiding, bereidingswijze
    recept, benodigdheden, conclusie, inleiding, reacties, tip, inhoud, zo maak je het
    """
    )
)
# A sentence that begins like this leans on the one before it.
_LEANS = {
    "en": """
        and, but, or, so, then, that, those, it, it's, it’s, they, he, she, however, therefore, instead, both, either
        too, again, thus, hence, also, basically, additionally, furthermore, moreover, meanwhile, besides, otherwise
        such, still, yet, finally, afterwards, similarly, likewise, consequently, nevertheless, in addition
        for example, for instance, as a result, on the other hand, in other words, in fact, of course, because of this
        after that, here's, here’s, here, its, their, his, her, one of them, another, secondly, thirdly, next, now
        once done, as you can see, as mentioned, unfortunately, actually, anyway, indeed, that's, that’s, there, yes
        no, plus, see, above, below, hi, hello, even so, not only that, to do so, him, them, apart from that, overall
        in this case, well, okay
        """,
    "de": """
        und, aber, oder, denn, dann, es, sie, er, doch, jedoch, deshalb, darum, dadurch, dabei, danach, davon, dazu
        damit, auch, beide, beides, so, also, zudem, außerdem, vielmehr, dennoch, trotzdem, inzwischen, mittlerweile
        gerade, zwar, zuerst, zunächst, daher, deswegen, daraufhin, darauf, dafür, dagegen, hierbei, hierfür, hier
        hiermit, schließlich, letztlich, allerdings, sondern, nämlich, ebenso, ebenfalls, anschließend, stattdessen
        weiterhin, ihm, ihr, ihre, ihren, ihnen, sein, seine, seinen, seinem, solche, solch, demnach, somit, folglich
        zum beispiel, unter anderem, auf diese weise, leider, natürlich, tatsächlich, immerhin, übrigens, oben, unten
        nun, jetzt, ja, nein, danke, hallo, darin, darüber, dort, darunter, des weiteren, in diesem fall, vor allem
        das ist, das sind, das war, das liegt, das geht, das macht, das hat, das klingt, das heißt, das kann
        das bedeutet, das gilt, das wird, das sieht, das gibt, da, drum, sonst, wobei, dementsprechend, genau
        insgesamt, gleichzeitig, zusätzlich, zumindest, erst, erstens, zweitens, drittens, diesmal, vorher, nachher
        später, früher, ganz anders, anders
        """,
    "fr": """
        et, mais, ou, donc, or, ni, car, alors, puis, ensuite, enfin, cela, ça, c'est, c’est, c'était, il, ils, elle
        elles, celui-ci, celle-ci, ceux-ci, celles-ci, pourtant, cependant, toutefois, ainsi, aussi, de plus, en effet
        en outre, par exemple, par conséquent, d'ailleurs, d’ailleurs, son, sa, ses, leur, leurs, voici, voilà, là
        ici, oui, non, sinon, bref, après cela, du coup, néanmoins, autrement, en revanche, malheureusement, bien sûr
        """,
    "es": """
        y, e, o, pero, entonces, luego, después, esto, eso, ello, ella, ellas, ellos, él, sin embargo, además
        por ejemplo, por eso, por lo tanto, así, también, aunque, su, sus, finalmente, de hecho, en cambio, es, son
        allí, aquí, ahí, ambos, ambas, por supuesto, sí, no, asimismo, por otro lado, por otra parte, en este caso
        desgraciadamente
        """,
    "it": """
        e, ed, o, ma, però, poi, quindi, allora, dunque, infatti, inoltre, ciò, esso, essa, lui, lei, loro, tuttavia
        così, anche, per esempio, ad esempio, invece, infine, qui, lì, è, suo, sua, suoi, sue, sono, ecco, sì, no
        purtroppo, insomma, in questo caso, a questo punto, dopo di che, nel frattempo
        """,
    "nl": """
        en, maar, of, dus, toen, dan, dit, dat, hij, zij, ze, daarom, daarna, daarbij, echter, ook, toch, bovendien
        bijvoorbeeld, vervolgens, tenslotte, hierbij, hier, daar, hun, zijn, haar, want, het is, het was, er, ja, nee
        helaas, natuurlijk, daarnaast, tot slot, verder
        """,
    "pt": """
        e, ou, mas, então, depois, isto, isso, ele, ela, eles, elas, porém, no entanto, além disso, por exemplo
        por isso, assim, também, aliás, aqui, ali, seu, sua, seus, suas, são, foi, é, sim, não, contudo, entretanto
        por fim, infelizmente, neste caso, já
        """,
}
_LEANS["no"] = _LEANS["da"] = _LEANS["sv"] = """
    og, och, men, så, derfor, därför, dessuten, dessutom, desuden, også, også, han, hun, hon, de, det, den, dette, detta
    disse, dessa, her, här, der, där, da, då, hans, hennes, deres, deras, jeg, jag, ja, nei, nej, likevel, ändå, altså
    alltså, imidlertid, dock, deretter, derefter, sedan, samtidig, samtidigt
    """
LEANS = {language: any_of(_phrases(told), before=r"\A[\W_]*", after=r"(?![\w'’])") for language, told in _LEANS.items()}
# These lean too, unless they point at what the title speaks of: "This soup is ready in no time".
DEMONSTRATIVES = _words(
    """
    this these dies diese dieser dieses diesem diesen ce cet cette ces este esta estos estas ese esa esos esas questo
    questa queste questi quello quella deze esse essa esses essas
    """
)
# Within a sentence's first words, these point back.
POINTS_BACK = any_of(
    _phrases(
        """
    therefore, however, thereby, as well, dort, mentioned above, dabei, davon, dazu, hierbei, deshalb, daher, nämlich
    jedoch, allerdings, dadurch, danach, außerdem, hingegen, ebenfalls, donc, cependant, également, sin embargo
    también, tuttavia, inoltre, echter, daarom, portanto, porém
    """
    ),
    before=r"(?<!\w)",
)
# A sentence that holds one of these speaks of the page, not of its subject. Some are only the beginnings of words.
PAGE_TALK = any_of(
    _phrases(
        """
    link below, learn more, find out more, erfahren sie mehr, mehr erfahren, en savoir plus, inbox, roundup email
    we'll send you, you might also like
    sign in, log in, create an account, join our, get the latest, also read, comentários com, nos seus favoritos, czytaj
    les også, läs också, læs også, à lire, pour ne rien rater, lue myös, lees meer over, mehr zum thema, lesen sie auch
    das könnte sie auch interessieren, ti potrebbe interessare, te puede interesar, veja também, relacionad
    affiliate, all rights reserved, click here, click on, comment below, cookie, follow me, follow us, follow along
    jump to recipe, leave a comment, leave a reply, newsletter, pin it, print recipe, privacy policy, read more
    share this, sign up, sponsored, subscribe, this post may contain, in this post, in this article, this blog
    in the comments, let me know, tag me, scroll down, download, disclosure, as an amazon associate
    thanks for reading, stay tuned, last updated, originally published, email this, table of contents, photo by
    photo credit, image credit, all opinions, abonnier, alle rechte vorbehalten, datenschutz, folge mir, folgt mir
    hier klicken, hinterlass, kommentier, rezept drucken, schreib mir, schreibt mir, teile diesen, teilt diesen
    weiterlesen, werbung, zum rezept springen, anzeige, dieser beitrag, diesem beitrag, diesem artikel, diesen beitrag
    in den kommentaren, provision, bildquelle, foto:, fotos:, quelle:, pressemitteilung, bleibt gespannt, stand:
    impressum, freue mich über, im nächsten beitrag, dieser blog, diesem blog, abonnez, tous droits réservés, cliquez
    laissez un commentaire, partagez, lire la suite, lire aussi, suivez-moi, politique de confidentialité
    lien affilié, liens affiliés, sponsorisé, en commentaire, dans cet article, crédit photo, suscríbete
    todos los derechos, haz clic, deja un comentario, déjame, comparte, leer más, sígueme, política de privacidad
    enlaces de afiliad, patrocinad, en los comentarios, en este artículo, en este post, boletín, iscriviti
    tutti i diritti, clicca, lascia un commento, condividi, leggi anche, leggi tutto, seguimi, in questo articolo
    nei commenti, link di affiliazione, sponsorizzat, privacy, abonneer, alle rechten voorbehouden, klik hier
    laat een reactie, deel dit, lees meer, lees ook, volg mij, nieuwsbrief, gesponsord, in dit artikel, in de reacties
    privacybeleid, inscreva-se, todos os direitos, clique aqui, deixe um comentário, compartilhe, partilhe, leia mais
    leia também, siga-me, patrocinado, neste artigo, neste post, nos comentários
    """
    ),
    before=r"(?<!\w)",
    after="",
)
# Tags and headings that sort a blog but name no subject.
PLAIN_TAGS = frozenset(
    _phrases(
        """
    blog, blogs, blogpost, blogposts, alle blogposts, alle beiträge, all, all posts, featured, featured at, media
    uncategorized, allgemein, allgemeines, news, aktuell, aktuelles, startseite, home, general, misc, miscellaneous
    sonstiges
    diverses, artikel, article, articles, popular posts, popular, magazin, magazine, top story, topstory, post, posts
    beitrag, unkategorisiert, non classé, sin categoría, senza categoria, ongecategoriseerd, sem categoria, actualités
    noticias, notizie, nieuws, notícias, updates, update, announcement, announcements, photo, photos, foto, fotos
    bild, bilder, video, videos, empfehlung, empfehlungen, archive, archiv, other, others, various, editor's pick
    highlights, top, main, standard, feature, features, internal, curated, nyheter, nyheder, uutiset
    """
    )
)
# Wishes that need no model: a person's sentence with one of these.
SHORTER = any_of(
    _phrases("shorter, kürzer, plus court, más corto, más corta, più corto, più breve, korter, mais curto, mais curta"),
    before=r"(?<!\w)",
)
