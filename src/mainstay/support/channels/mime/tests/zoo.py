"""Mails as they should not be, and what a reader should see of them."""

from mainstay.support.channels.mime.tests.make import (
    attached,
    encoded_word,
    joined,
    mail,
    multipart,
    nested,
    part,
    tnef,
    uuencoded,
)

SUBJECTS: dict[str, tuple[bytes | str, str]] = {
    "base64": (encoded_word("Drucker läuft heiß"), "Drucker läuft heiß"),
    "quoted": (encoded_word("Avión", "iso-8859-1", "q"), "Avión"),
    "neighbours": (encoded_word("Hola ") + "\r\n " + encoded_word("señor"), "Hola señor"),
    "split inside a character": ("=?utf-8?b?ww==?= =?utf-8?b?pA==?=", "ä"),
    "words around": ("Re: " + encoded_word("ñ") + " please", "Re: ñ please"),
    "two character sets": (encoded_word("é", "iso-8859-1") + " " + encoded_word("я", "koi8-r"), "éя"),
    "no padding": ("=?utf-8?B?SG9sYQ?=", "Hola"),
    "lower q, underscores": ("=?utf-8?q?a_b=20c?=", "a b c"),
    "spaces inside": ("=?utf-8?q?out of order?=", "out of order"),
    "question inside": ("=?utf-8?q?why?_now?=", "why? now"),
    "language tag": ("=?utf-8*es?q?ni=C3=B1o?=", "niño"),
    "glued to text": ("x=?utf-8?q?=C3=A9?=y", "xéy"),
    "unknown set": ("=?x-none?q?abc?=", "abc"),
    "unfinished": ("=?utf-8?b?SGVsbG8", "=?utf-8?b?SGVsbG8"),
    "raw utf-8": ("Größe".encode(), "Größe"),
    "raw latin-1": ("Größe".encode("latin-1"), "Größe"),
    "japanese": (encoded_word("問い合わせ", "iso-2022-jp"), "問い合わせ"),
    "raw japanese": ("問い合わせ".encode("iso-2022-jp"), "問い合わせ"),
    "gb2312 that is gb18030": ("=?gb2312?b?" + "ilQ=" + "?=", b"\x8aT".decode("gb18030")),
    "korean": (encoded_word("문의", "euc-kr"), "문의"),
    "big5": (encoded_word("問題", "big5"), "問題"),
    "cyrillic": (encoded_word("Вопрос", "windows-1251"), "Вопрос"),
    "utf-7": ("=?utf-7?q?Caf+AOk-?=", "Café"),
    "folded": ("one\r\n two\r\n\tthree", "one two three"),
    "injected": (encoded_word("Hi\r\nBcc: gus@globex.example"), "Hi Bcc: gus@globex.example"),
    "nul": (b"a\x00b", "ab"),
    "override": (encoded_word("a\u202egnp.exe"), "agnp.exe"),
    "empty": ("", ""),
}


SENDERS: dict[str, tuple[bytes | str, str, str]] = {
    "plain": ("clara@acme.example", "", "clara@acme.example"),
    "brackets": ("<clara@acme.example>", "", "clara@acme.example"),
    "name": ("Clara Ruiz <clara@acme.example>", "Clara Ruiz", "clara@acme.example"),
    "quoted": ('"Ruiz, Clara" <clara@acme.example>', "Ruiz, Clara", "clara@acme.example"),
    "comma without quotes": ("Ruiz, Clara <clara@acme.example>", "Ruiz, Clara", "clara@acme.example"),
    "comment": ("clara@acme.example (Clara Ruiz)", "Clara Ruiz", "clara@acme.example"),
    "encoded": (encoded_word("Clara Muñoz") + " <clara@acme.example>", "Clara Muñoz", "clara@acme.example"),
    "encoded in quotes": (
        '"' + encoded_word("Muñoz") + '" <clara@acme.example>',
        "Muñoz",
        "clara@acme.example",
    ),
    "encoded comma": (
        encoded_word("Ruiz, Clara") + " <clara@acme.example>",
        "Ruiz, Clara",
        "clara@acme.example",
    ),
    "all encoded": (encoded_word("Clara <clara@acme.example>"), "Clara", "clara@acme.example"),
    "escapes": (r'"Clara \"C\" Ruiz" <clara@acme.example>', 'Clara "C" Ruiz', "clara@acme.example"),
    "address as name": (
        "boss@globex.example <clara@acme.example>",
        "boss@globex.example",
        "clara@acme.example",
    ),
    "same twice": ("clara@acme.example <clara@acme.example>", "", "clara@acme.example"),
    "raw latin-1": ("Muñoz <clara@acme.example>".encode("latin-1"), "Muñoz", "clara@acme.example"),
    "raw utf-8": ("Muñoz <clara@acme.example>".encode(), "Muñoz", "clara@acme.example"),
    "capitals": ("Clara@ACME.Example", "", "Clara@acme.example"),
    "unclosed": ("Clara <clara@acme.example", "Clara", "clara@acme.example"),
    "space inside": ("Clara < clara@acme.example >", "Clara", "clara@acme.example"),
    "group": ("Team: clara@acme.example;", "", "clara@acme.example"),
    "two": ("clara@acme.example, gus@globex.example", "", "clara@acme.example"),
    "mailto": ("Clara <mailto:clara@acme.example>", "Clara", "clara@acme.example"),
    "unfinished quote": ('"Clara <clara@acme.example>', "Clara", "clara@acme.example"),
    "idn": ("clara@ácmé.example", "", "clara@ácmé.example"),
}


BODIES: dict[str, tuple[bytes, str]] = {
    "utf-8": (mail("año"), "año"),
    "no type": (mail("plain words", kind=None), "plain words"),
    "latin-1": (mail("año".encode("latin-1"), kind="text/plain; charset=iso-8859-1"), "año"),
    "windows in latin-1": (mail(b"\x93quoted\x94", kind="text/plain; charset=iso-8859-1"), "“quoted”"),
    "utf-8 called latin-1": (mail("año", kind="text/plain; charset=iso-8859-1"), "año"),
    "utf-8 called ascii": (mail("año", kind="text/plain; charset=us-ascii"), "año"),
    "latin-1 called utf-8": (mail("el año pasado".encode("latin-1")), "el año pasado"),
    "koi8": (mail("Здравствуйте".encode("koi8-r"), kind="text/plain; charset=koi8-r"), "Здравствуйте"),
    "cp1250": (mail("žluťoučký".encode("cp1250"), kind="text/plain; charset=windows-1250"), "žluťoučký"),
    "gb18030": (mail("您好".encode("gb18030"), kind="text/plain; charset=gb2312"), "您好"),
    "iso-2022-jp": (
        mail("こんにちは".encode("iso-2022-jp"), kind="text/plain; charset=iso-2022-jp"),
        "こんにちは",
    ),
    "shift_jis": (mail("①番".encode("cp932"), kind="text/plain; charset=shift_jis"), "①番"),
    "utf-7": (mail("Hi +AOk-", kind="text/plain; charset=utf-7"), "Hi é"),
    "utf-16": (mail("hola".encode("utf-16"), kind="text/plain; charset=utf-16"), "hola"),
    "bom": (mail(b"\xef\xbb\xbfhola"), "hola"),
    "refused codec": (mail("a\\x41", kind="text/plain; charset=unicode_escape"), "a\\x41"),
    "unknown charset": (mail("hola", kind="text/plain; charset=martian"), "hola"),
    "quoted printable": (
        mail("a=C3=B1o =\r\nnew", headers="Content-Transfer-Encoding: quoted-printable"),
        "año new",
    ),
    "broken quoted": (
        mail("100=ZZ and =", headers="Content-Transfer-Encoding: quoted-printable"),
        "100=ZZ and ",
    ),
    "base64": (mail("SG9sYQ==", headers="Content-Transfer-Encoding: base64"), "Hola"),
    "base64 unpadded": (mail("SG9sYQ", headers="Content-Transfer-Encoding: BASE64"), "Hola"),
    "base64 in pieces": (mail("SG9s\r\nYQ==\r\nIHk=", headers="Content-Transfer-Encoding: base64"), "Hola y"),
    "base64 with dirt": (mail("SG!9s*YQ==", headers="Content-Transfer-Encoding: base64"), "Hola"),
    "unknown encoding": (mail("hola", headers="Content-Transfer-Encoding: x-magic"), "hola"),
    "nul": (mail(b"a\x00b"), "ab"),
    "flowed": (mail("one \ntwo\n> q \n> r", kind="text/plain; format=flowed"), "one two\n> q r"),
    "flowed delsp": (mail("日 \n本", kind="text/plain; charset=utf-8; format=flowed; delsp=yes"), "日本"),
    "line feeds": (mail("hola\r\nadios").replace(b"\r\n", b"\n"), "hola\nadios"),
    "returns": (mail("hola\r\nadios").replace(b"\r\n", b"\r"), "hola\nadios"),
    "double returns": (mail("hola").replace(b"\r\n", b"\r\r\n"), "hola"),
    "mbox line": (b"From clara@acme.example Fri Nov 20 10:00:00 2026\r\n" + mail("hola"), "hola"),
    "no blank line": (
        b"From: clara@acme.example\nSubject: x\nThis is the body\nwith two lines",
        "This is the body\nwith two lines",
    ),
    "html": (mail("<p>Hola <b>Ana</b></p><script>x</script>", kind="text/html"), "Hola Ana"),
    "html utf-8": (mail("<p>año</p>", kind="text/html; charset=utf-8"), "año"),
    "html that names its set": (
        mail('<meta charset="windows-1251"><p>Вопрос о счёте</p>'.encode("cp1251"), kind="text/html"),
        "Вопрос о счёте",
    ),
    "enriched": (mail("<bold>Hola</bold>", kind="text/enriched"), "Hola"),
    "broken type": (mail("hola", kind="text"), "hola"),
    "alternative": (
        multipart("alternative", part("text/plain", "plain"), part("text/html", "<b>rich</b>")),
        "plain",
    ),
    "empty plain": (
        multipart("alternative", part("text/plain", " "), part("text/html", "<b>rich</b>")),
        "rich",
    ),
    "html first": (
        multipart("alternative", part("text/html", "<b>rich</b>"), part("text/plain", "plain")),
        "plain",
    ),
    "mixed texts": (multipart("mixed", part("text/plain", "one"), part("text/plain", "two")), "one\n\ntwo"),
    "mixed kinds": (
        multipart("mixed", part("text/plain", "one"), part("text/html", "<p>two</p>")),
        "one\n\ntwo",
    ),
    "unclosed": (multipart("mixed", part("text/plain", "one"), closed=False), "one"),
    "no boundary": (mail(joined(part("text/plain", "one"), boundary="x9"), kind="multipart/mixed"), "one"),
    "wrong boundary": (
        mail(joined(part("text/plain", "one"), boundary="x9"), kind="multipart/mixed; boundary=other"),
        "one",
    ),
    "boundary prefix": (
        multipart(
            "mixed",
            nested("alternative", part("text/plain", "in"), boundary="b1b"),
            part("text/plain", "out"),
        ),
        "in\n\nout",
    ),
    "never split": (mail("just words", kind="multipart/mixed; boundary=zz"), "just words"),
    "signed": (
        multipart(
            "signed", part("text/plain", "words"), attached("smime.p7s", b"x", "application/pkcs7-signature")
        ),
        "words",
    ),
    "digest": (multipart("digest", b"\r\n" + mail("inner")), ""),
    "empty": (mail(""), ""),
    "nothing": (b"", ""),
    "only blank": (b"\r\n\r\n", ""),
    "uuencoded": (
        mail("see file\n" + uuencoded("plan.txt", b"secret plan" * 9) + "thanks"),
        "see file\nthanks",
    ),
    "begin as a word": (mail("begin 644 words\nwhich never\nend"), "begin 644 words\nwhich never\nend"),
    "tnef": (
        multipart("mixed", attached("winmail.dat", tnef("Hallo", {"a.txt": b"x"}), "application/ms-tnef")),
        "Hallo",
    ),
}


FILES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "plain": (
        multipart("mixed", part("text/plain", "x"), attached("a.pdf", b"%PDF")),
        [("a.pdf", "application/octet-stream")],
    ),
    "percent": (
        multipart(
            "mixed",
            part("application/pdf", "x", "Content-Disposition: attachment; filename*=UTF-8''a%C3%B1o.pdf"),
        ),
        [("año.pdf", "application/pdf")],
    ),
    "continued": (
        multipart(
            "mixed",
            part(
                "application/pdf",
                "x",
                'Content-Disposition: attachment;\r\n filename*0="long ";\r\n filename*1="name.pdf"',
            ),
        ),
        [("long name.pdf", "application/pdf")],
    ),
    "encoded word": (
        multipart(
            "mixed",
            part(
                "application/pdf",
                "x",
                f'Content-Disposition: attachment; filename="{encoded_word("niño.pdf")}"',
            ),
        ),
        [("niño.pdf", "application/pdf")],
    ),
    "name only": (multipart("mixed", part('image/png; name="a.png"', "x")), [("a.png", "image/png")]),
    "no name": (
        multipart("mixed", part("image/jpeg", "x", "Content-Disposition: attachment")),
        [("image.jpg", "image/jpeg")],
    ),
    "path": (
        multipart("mixed", attached("..\\\\..\\\\evil.exe", b"MZ")),
        [("evil.exe", "application/octet-stream")],
    ),
    "unquoted spaces": (
        multipart("mixed", part("text/csv", "x", "Content-Disposition: attachment; filename=my report.csv")),
        [("my report.csv", "text/csv")],
    ),
    "text file": (
        multipart("mixed", part("text/plain", "x"), attached("log.txt", b"l", "text/plain")),
        [("log.txt", "text/plain")],
    ),
    "mail": (
        multipart("mixed", part("message/rfc822", mail("inner"))),
        [("Printer on fire.eml", "message/rfc822")],
    ),
    "tnef": (
        multipart(
            "mixed", attached("winmail.dat", tnef("Hallo", {"Übersicht.txt": b"x"}), "application/ms-tnef")
        ),
        [("Übersicht.txt", "text/plain")],
    ),
    "broken tnef": (
        multipart("mixed", attached("winmail.dat", b"not tnef", "application/ms-tnef")),
        [("winmail.dat", "application/ms-tnef")],
    ),
    "uuencoded": (mail("x\n" + uuencoded("plan.txt", b"p")), [("plan.txt", "text/plain")]),
    "encrypted": (
        multipart(
            "encrypted", part("application/pgp-encrypted", "Version: 1"), attached("encrypted.asc", b"x")
        ),
        [("attachment.bin", "application/pgp-encrypted"), ("encrypted.asc", "application/octet-stream")],
    ),
    "smime": (
        mail("eA==", kind="application/pkcs7-mime; name=smime.p7m"),
        [("smime.p7m", "application/pkcs7-mime")],
    ),
    "empty file": (
        multipart("mixed", attached("empty.txt", b"", "text/plain")),
        [("empty.txt", "text/plain")],
    ),
}
