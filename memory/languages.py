# ruff: noqa: RUF001  # letters of many languages are the point
"""Which language a text in Latin letters is written in, as far as its commonest words and letters tell.

On passages of four sentences it is as good as a trained model, and it costs none. Single words it hardly knows.
"""

from collections.abc import Iterable, Sequence
from functools import cache

ENGLISH = "english"
LIKELIEST = 2
"""How many languages a text is taken to be in at most: Danish and Norwegian cannot always be told apart."""
UNSTEMMED = frozenset({"vietnamese"})
"""Known only so as not to be taken for another: there is no stemmer for it, and no need of one."""
_NEAR = 0.75
"""What speaks for the second language, as a share of what speaks for the first."""
_LEAST_SHARE = 0.06
"""How much must speak for a language, per word of the text."""
_LETTERS_SHARE = 0.5
"""What a telling letter counts for beside a common word."""

_COMMON_WORDS = {
    "english": """the of and to is was are were be been that this these those with from for by at as it its he she
        they we you his her their our your has have had not but or which who what when where how why will would can
        could should there then than them about into over after before because if so do does did me my please any some
        all on an in out up off between during while only also just more most many much no yes other same such own
        until again here now new old very well being each both few us let don im need needs use used get got make made
        like want one two first last return import else none true false self def text name""",
    "german": """der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist sind war
        waren wird werden wurde wurden hat haben hatte ich du er sie es wir ihr mich mir dich dir uns sich mit von vom
        zu zum zur für auf aus bei beim nach über unter vor durch gegen ohne bis seit im am ins wie was wer wo wann
        warum welche welcher welches wenn weil dass als auch noch nur schon sehr mehr mein meine sein seine ihre unser
        unsere dieser diese dieses man kann muss soll um an viele""",
    "french": """le la les un une des du de et ou mais ne pas est sont était étaient être été avoir ont avait je tu il
        elle nous vous ils elles on me te se mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet
        cette ces qui que quoi dont où quand comment pourquoi quel quelle quels quelles dans sur sous avec sans pour
        par en au aux chez entre vers depuis pendant avant après très plus moins aussi comme si ça qu fait faire peut
        suis sommes y combien""",
    "spanish": """el la los las un una unos unas de del y o pero no es son era eran fue fueron ser está están estaba
        estar he ha han había hay yo tú él ella nosotros ellos ellas usted me te se nos le les lo mi mis tu tus su sus
        nuestro nuestra este esta estos estas ese esa eso esto que qué quién quiénes cuál cuáles cuándo dónde cómo
        cuánto cuántos cuántas por para con sin en sobre entre desde hasta hacia muy más menos también como si cuando
        donde porque al ya hace hacer tiene tengo puede""",
    "portuguese": """o os as um uma uns umas de do da dos das no na nos nas em e ou mas não é são era eram foi foram
        ser está estão estava estar tem têm tinha há eu tu ele ela nós eles elas você vocês me te se lhe meu minha
        meus minhas seu sua seus suas nosso nossa este esta estes estas esse essa isso isto que quem qual quais quando
        onde como quanto quantos quantas por pelo pela pelos pelas para com sem sobre entre desde até muito mais menos
        também porque ao aos à às já faz fazer pode aquele num numa depois""",
    "italian": """il lo la gli le un uno una di del dello della dei degli delle da dal dalla dai dalle al allo alla ai
        agli alle nel nello nella nei nelle sul sulla sui sulle con per tra fra e o ma non è sono era erano fu essere
        stato stata ha hanno aveva ho abbiamo io tu lui lei noi voi loro mi ti si ci vi mio mia miei suo sua suoi
        nostro nostra questo questa questi queste quello quella che chi cosa quale quali quando dove come quanto
        quanti perché molto più meno anche se già ogni dopo prima può in dell all nell""",
    "dutch": """de het een en of maar niet geen is zijn was waren wordt worden werd werden heeft hebben had ik jij je
        hij zij ze wij we jullie mij me hem haar ons onze mijn jouw hun zich met van voor op aan uit bij naar over
        onder door tegen zonder tot sinds in te om dit deze dat die er hier daar wie wat waar wanneer waarom hoe welke
        als omdat ook nog al zeer meer veel kan moet zal zou toen dan hoeveel""",
    "swedish": """och att det en ett den de som är var på av för med till från om inte har hade jag du han hon vi ni
        dem mig dig sig oss min mitt mina din ditt sin sitt sina vår vårt våra denna detta dessa vad vem vilka vilken
        vilket när där hur varför eller men så kan ska skall skulle måste blir blev bli vara varit efter under över
        mellan utan hos vid mot också mycket mer bara nu då i ur än finns många""",
    "danish": """og at det en et den de som er var på af for med til fra om ikke har havde jeg du han hun vi dem mig
        dig sig os min mit mine din dit sin sit sine vores denne dette disse hvad hvem hvilken hvilke hvornår hvor
        hvordan hvorfor eller men så kan skal skulle må bliver blev blive være været efter under over mellem uden hos
        ved mod også meget mere kun nu da end findes mange noget nogle nogen""",
    "norwegian": """og å at det en et ei den de som er var på av for med til fra om ikke har hadde jeg du han hun vi
        dem meg deg seg oss min mitt mine din ditt sin sitt sine vår vårt våre denne dette disse hva hvem hvilken
        hvilke når hvor hvordan hvorfor eller men så kan skal skulle må blir ble bli være vært etter under over mellom
        uten hos ved mot også mye mer bare nå da enn finnes mange noe noen ikkje eg frå eit vere hjå kva korleis""",
    "finnish": """ja on ei ole oli olivat ovat olla ollut että se ne hän he minä sinä me te minun sinun hänen meidän
        heidän tämä tämän tätä tässä nämä sen sitä siitä siinä niin kuin mutta tai joka jotka jonka jossa mikä mitä
        missä milloin kuka miten miksi kun jos vain myös vielä nyt sitten hyvin kanssa mukaan jälkeen ennen yli alle
        voi pitää eivät en emme sekä ettei kuinka monta paljon""",
    "hungarian": """az egy és vagy de nem van vannak volt voltak lesz hogy ez ezt azt ezek azok itt ott én te ő mi ti
        ők engem nekem neki nekünk csak még már is ha mert mint aki amely ami mely mit hol mikor hogyan miért melyik
        meg el ki be fel le után előtt alatt között szerint nagyon több kell lehet minden sem volna által ezért majd
        most pedig hány mennyi""",
    "romanian": """și şi în un o de la cu pe din pentru prin este e sunt era erau a fost fi au am ai are avea nu că să
        ce care cine când cum unde cât câte câți al ale lui ei lor îi îl își mai dar sau ca după până peste sub între
        fără acest această aceste acel acea eu tu el ea noi voi ele mea meu mei tale său sa sale foarte doar deja ne
        vă se iar dacă poate""",
    "turkish": """ve bir bu şu da de ile için olarak olan oldu olduğu var yok değil mi mı mu mü ne kim nerede nasıl
        neden niçin hangi kaç gibi kadar daha çok en ama fakat veya ya hem ise ben sen biz siz onlar benim senin onun
        bizim bana sana ona bize her hiç sonra önce göre üzerinde içinde tarafından ancak diye şey olur olması etmek
        edilir vardır ki""",
    "catalan": """el la els les un una uns unes de del dels i o però no és són era eren va van ser està estan estava
        hi ha han havia jo tu ell ella nosaltres ells elles em et es ens us li meu meva teu seva seu seus nostre
        nostra aquest aquesta aquests aquestes això què que qui quin quina quan on com quant quants per amb sense en
        sobre entre des fins cap molt més menys també si perquè al als ja fa fer té pot pels pel""",
    "indonesian": """yang dan di ke dari untuk dengan pada adalah ini itu tidak bukan akan telah sudah belum sedang
        ada saya aku kamu anda dia ia kami kita mereka nya oleh dalam karena atau tetapi tapi juga hanya lebih sangat
        banyak apa siapa mana kapan bagaimana mengapa kenapa berapa bisa dapat harus jika kalau saat ketika setelah
        sebelum sebagai seperti antara para""",
    "polish": """nie się na jest są był była było były być że jak co kto gdzie kiedy dlaczego który która które którzy
        ile dla od do ze po przez przy nad pod przed bez oraz ale lub albo czy ten ta tych tego tej tym ich jego jej
        mnie mi mam ma mają już tylko też także jeszcze bardzo może mój moja moje nasz nasza swój to za jako gdy tak""",
    "czech": """se na je jsou byl byla bylo byly být že jak co kdo kde kdy proč který která které kteří kolik pro od
        do ze po při nad pod před bez nebo ale ten ta tento tato této toho jeho její jejich mě mi mám má mají už jen
        také ještě velmi může můj moje náš svůj to za jako když tak podle mezi jsem jsme není až však""",
    "vietnamese": """và của là có được trong cho không một những các với người này đó khi để đã đang sẽ từ ở về như
        cũng thì mà nào gì bao nhiêu ai đâu tại vì sao rất nhiều hơn hay hoặc nếu tôi bạn chúng anh chị em ông bà họ
        nó lại ra vào lên theo trên dưới sau trước đến năm""",
}
_TELLING_LETTERS = {
    "german": "ßäöü",
    "french": "éèêëàâçœùûîïô",
    "spanish": "ñáéíóú",
    "portuguese": "ãõçáéíóúâêôà",
    "italian": "àèéìòù",
    "dutch": "ëï",
    "swedish": "åäö",
    "danish": "åøæ",
    "norwegian": "åøæ",
    "finnish": "äö",
    "hungarian": "őűáéíóöúü",
    "romanian": "ășțşţâî",
    "turkish": "ığşçöü",
    "catalan": "çàèéíòóúï",
    "polish": "ąćęłńśźżó",
    "czech": "ěřůžščýáíéúďťň",
    "vietnamese": "ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}


def languages_of(words: Sequence[str]) -> tuple[str, ...]:
    """The languages these case-folded words are most likely in, the likeliest first, by their Snowball names.

    There are at most `LIKELIEST`, and none where the words do not tell or nothing stems that language.
    """
    spoken = _spoken_for(words)
    likeliest = sorted(spoken, key=lambda language: (-spoken[language], language))[:LIKELIEST]
    if not likeliest or spoken[likeliest[0]] < _LEAST_SHARE * len(words):
        return ()
    near = (language for language in likeliest if spoken[language] >= _NEAR * spoken[likeliest[0]])
    return tuple(language for language in near if language not in UNSTEMMED)


def is_common(word: str, language: str) -> bool:
    """Whether a case-folded word is among the commonest of a language, which have no other forms worth finding."""
    return language in _common().get(word, ())


def _spoken_for(words: Iterable[str]) -> dict[str, float]:
    """What speaks for each language: common words and telling letters, less for each that shares them."""
    common, telling = _common(), _telling()
    spoken: dict[str, float] = {}
    for word in words:
        _add(spoken, common.get(word, ()), 1.0)
        if not word.isascii():
            for letter in sorted(telling.keys() & set(word)):
                _add(spoken, telling[letter], _LETTERS_SHARE)
    return spoken


def _add(spoken: dict[str, float], languages: Sequence[str], weight: float) -> None:
    for language in languages:
        spoken[language] = spoken.get(language, 0.0) + weight / len(languages)


@cache
def _common() -> dict[str, list[str]]:
    """By word, whose it is; single letters tell nothing, as names and code are full of them."""
    found: dict[str, list[str]] = {}
    for language, words in _COMMON_WORDS.items():
        for word in dict.fromkeys(words.split()):
            if len(word) > 1 or not word.isascii():
                found.setdefault(word, []).append(language)
    return found


@cache
def _telling() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, letters in _TELLING_LETTERS.items():
        for letter in letters:
            found.setdefault(letter, []).append(language)
    return found
