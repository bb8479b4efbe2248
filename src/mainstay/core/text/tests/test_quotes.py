import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.text.plain import html_to_text
from mainstay.core.text.quotes import fold
from mainstay.core.text.quotes_html import fold_html

HISTORY = "> Hello,\n> how can we help?"
ATTRIBUTIONS = [
    "On Fri, Nov 20, 2026 at 10:00 AM Ari <ari@mainstay.example> wrote:",
    "On Fri, Nov 20, 2026 at 10:00 AM\nAri <ari@mainstay.example> wrote:",
    "On 20 Nov 2026,\nat 10:00,\nAri <ari@mainstay.example>\nwrote:",
    "El vie, 20 nov 2026 a las 10:00, Ari (<ari@mainstay.example>) escribió:",
    "El 20/11/2026 a las 10:00, Ari escribió:",
    "Am 20.11.2026 um 10:00 schrieb Ari:",
    "Am Fr., 20. Nov. 2026 um 10:00 Uhr schrieb Ari <ari@mainstay.example>:",
    "Le ven. 20 nov. 2026 à 10:00, Ari <ari@mainstay.example> a écrit :",
    "Em sex., 20 de nov. de 2026 às 10:00, Ari <ari@mainstay.example> escreveu:",
    "Il giorno ven 20 nov 2026 alle ore 10:00 Ari <ari@mainstay.example> ha scritto:",
    "Op vr 20 nov. 2026 om 10:00 schreef Ari <ari@mainstay.example>:",
    "Den fre 20 nov. 2026 kl 10:00 skrev Ari <ari@mainstay.example>:",
    "tir. 18. apr. 2017 kl. 13:09 skrev Ari <ari@mainstay.example>:",
    "pt., 20 lis 2026 o 10:00 Ari <ari@mainstay.example> napisał(a):",
    "пт, 20 нояб. 2026 г. в 10:00, Ari <ari@mainstay.example>:",
    "20.11.2026, 10:00, Ari <ari@mainstay.example> пишет:",
    "2026年11月20日(金) 10:00 Ari <ari@mainstay.example>:",
    "在 2026年11月20日，Ari 写道：",
]
BLOCKS = [
    "From: Ari <ari@mainstay.example>\nSent: Friday, November 20, 2026 10:00\nTo: Clara\nSubject: Printer\n\nHello",
    "________________________________\nFrom: Ari\nSent: Friday\nTo: Clara\nSubject: Printer\n\nHello",
    "De: Ari\nEnviado el: viernes\nPara: Clara\nAsunto: Impresora\n\nHola",
    "Von: Ari\nGesendet: Freitag\nAn: Clara\nBetreff: Drucker\n\nHallo",
    "De : Ari\nEnvoyé : vendredi\nÀ : Clara\nObjet : Imprimante\n\nBonjour",
    "*From:* Ari\n*Sent:* Friday\n*To:* Clara\n*Subject:* Printer\n\nHello",
    "Date: Fri, 20 Nov 2026\nSubject: Printer\nFrom: ari@mainstay.example\nTo: clara@acme.example\n\nHello",
    "-----Original Message-----\nHello",
    "-----Ursprüngliche Nachricht-----\nHallo",
    "-----Mensaje original-----\nHola",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_marked_history_is_folded_with_its_attribution(attribution: str) -> None:
    folded = fold(f"It works now.\n\nThanks\n\n{attribution}\n\n{HISTORY}\n")
    assert folded.visible == "It works now.\n\nThanks"
    assert folded.quoted.startswith(attribution)


@pytest.mark.parametrize("block", BLOCKS)
def test_unmarked_history_is_folded(block: str) -> None:
    folded = fold(f"It works now.\n\n{block}\n")
    assert folded.visible == "It works now."
    assert folded.quoted == block


def test_answers_below_and_between_stay_in_view() -> None:
    below = fold(f"{ATTRIBUTIONS[0]}\n{HISTORY}\n\nYes, please.")
    assert below.visible == "Yes, please."
    between = "> First question?\nYes.\n> Second question?\nNo."
    assert fold(between).visible == between


def test_forwarded_mail_is_what_the_sender_wants_read() -> None:
    text = "See below\n\n---------- Forwarded message ---------\nFrom: Gus\nDate: today\nSubject: x\nTo: me\n\nwords"
    assert fold(text).visible == text
    html = '<p>See below</p><div class="gmail_quote">---------- Forwarded message ---------<br>From: Gus<br>words</div>'
    assert fold_html(html).quoted == ""


def test_signatures() -> None:
    folded = fold("Thanks\n\n-- \nClara Ruiz\nAcme")
    assert (folded.visible, folded.signature) == ("Thanks", "-- \nClara Ruiz\nAcme")
    assert fold("Thanks\n\nEnviado desde mi iPhone").signature == "Enviado desde mi iPhone"
    assert fold("Use -- to separate").signature == ""


@pytest.mark.parametrize(
    "text",
    [
        "> everything quoted",
        f"{ATTRIBUTIONS[0]}\n{HISTORY}",
        "-- \nonly a signature",
        "On reflection, he said:\nwe should wait.",
        "From: the beginning it never worked",
        "The log says:\n\nError 42",
    ],
)
def test_if_nothing_would_be_left_or_nothing_is_history_all_is_shown(text: str) -> None:
    folded = fold(text)
    assert folded.visible == text
    assert folded.quoted == ""


LINES = st.lists(
    st.sampled_from(
        [
            *ATTRIBUTIONS,
            *BLOCKS,
            HISTORY,
            "words",
            "",
            "-- ",
            "Sent from my phone",
            "---- Forwarded message ----",
        ]
    )
    | st.text(max_size=20),
    max_size=12,
).map("\n".join)


def rows(*texts: str) -> list[str]:
    joined = "\n".join(texts).replace("\r\n", "\n").replace("\r", "\n")
    return sorted(line for line in joined.split("\n") if line.strip())


@given(LINES)
def test_every_line_is_in_exactly_one_part(text: str) -> None:
    folded = fold(text)
    assert rows(folded.visible, folded.quoted, folded.signature) == rows(text)
    assert folded.visible.strip() or not text.strip()


PROGRAMS = {
    "gmail": (
        '<div>Works.</div><div class="gmail_quote"><div class="gmail_attr">On Friday Ari wrote:</div>'
        "<blockquote>old</blockquote></div>"
    ),
    "apple": (
        '<div>Works.</div><div><blockquote type="cite"><div>On 20 Nov 2026, at 10:00, Ari wrote:</div>old</blockquote>'
        "</div>"
    ),
    "thunderbird": (
        '<p>Works.</p><div class="moz-cite-prefix">On 20.11.26 Ari wrote:<br>'
        '</div><blockquote type="cite">old</blockquote>'
    ),
    "outlook": (
        "<p>Works.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
        "<p><b>From:</b> Ari</p></div><p>old</p>"
    ),
    "outlook web": '<div>Works.</div><hr><div id="divRplyFwdMsg"><b>From:</b> Ari</div><div>old</div>',
    "outlook mobile": '<div>Works.</div><div class="ms-outlook-mobile-reference-message"></div><div>old</div>',
    "yahoo": '<div>Works.</div><div class="yahoo_quoted">old</div>',
    "plain blockquote": (
        "<div>Works.</div><div>20.11.2026, 10:00, &quot;Ari&quot; &lt;ari@mainstay.example&gt;:</div>"
        "<blockquote>old</blockquote>"
    ),
    "header block": (
        "<p>Works.</p><p><b>From:</b> Ari<br><b>Sent:</b> Friday<br><b>To:</b> Clara<br>"
        "<b>Subject:</b> x</p><p>old</p>"
    ),
    "hotmail": "Works.<hr>Date: Fri, 20 Nov<br>Subject: x<br>From: ari@mainstay.example<br>To: c@acme.example<br>old",
    "original": "<p>Works.</p><p>-----Original Message-----</p><p>old</p>",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_history_in_html(name: str) -> None:
    folded = fold_html(PROGRAMS[name])
    assert html_to_text(folded.visible) in ("Works.", "Works.\n\n---", "Works.\n---")
    assert "old" in html_to_text(folded.quoted)


def test_html_that_would_leave_nothing_is_shown_whole() -> None:
    source = '<blockquote type="cite">all there is</blockquote>'
    assert fold_html(source).visible == source
    between = '<blockquote type="cite">one?</blockquote>yes<blockquote type="cite">two?</blockquote>no'
    assert html_to_text(fold_html(between).visible) == html_to_text(between)


@given(
    st.lists(
        st.sampled_from(
            [
                *PROGRAMS.values(),
                "<p>",
                "</p>",
                "<div>",
                "</div>",
                "<br>",
                "wörds",
                "&lt;b&gt;",
                '<div id="Signature">',
            ]
        ),
        max_size=8,
    ).map("".join)
)
def test_no_word_of_html_is_lost(source: str) -> None:
    def words(*parts: str) -> list[str]:
        return sorted(c for part in parts for c in html_to_text(part) if c.isalpha())

    folded = fold_html(source)
    assert words(folded.visible, folded.quoted, folded.signature) == words(source)


@pytest.mark.parametrize(
    "line",
    [
        ATTRIBUTIONS[0],
        "On a",
        "> q\nOn 1.1.2020 10:00 x wrote:",
        "From: a",
        "-- ",
        "\n",
        ">",
        "From: a\nTo: b",
    ],
)
@pytest.mark.timeout(60)  # quadratic work would take hours
def test_a_megabyte_of_markers_costs_little(line: str) -> None:
    source = (line + "\n") * (1_000_000 // (len(line) + 1))
    folded = fold(source)
    assert len(folded.visible + folded.quoted + folded.signature) <= len(source) + 10
    assert fold_html(source.replace("\n", "<br>")[:1_000_000]) is not None
