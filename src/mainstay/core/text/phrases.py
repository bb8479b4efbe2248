"""What mail programs write around quotes, in the languages they write it in."""

import re

_WROTE = (
    "wrote|writes|said|schrieb|hat geschrieben|geschrieben|escribió|escribio|ha escrito|a écrit|a ecrit"
    "|écrit"
    "|escreveu|scrive|ha scritto|scritto|schreef|skrev|kirjoitti|napisał|napisał\\(a\\)|napisał/a"
    "|napisała|pisze"
    "|napsal|napsal\\(a\\)|napsala|napísal|napísal\\(a\\)|písal|írta|a scris|написал|написала"
    "|написал\\(а\\)"
    "|пишет|писал|написав|пише|написа|έγραψε|yazdı|şunu yazdı|escrigué|va escriure|ha escrit|idatzi du|rašė"
    "|rakstīja|kirjutas|je napisao|je napisala|je napisal|viết|đã viết|menulis|写道|寫道"
    "|さんは書きました|님이 작성"
    "|wrote on|כתב|כתבה|כתב/ה|كتب|نوشت"
)
ATTRIBUTION_END = re.compile(rf"(?:{_WROTE})\s*[:：﹕]?\s*(?:<[^<>]*>)?\s*[:：]?\s*$", re.I)
# "… schrieb Ana Ruiz <ana@acme.example>:", and with no verb at all: "20.11.2026, 10:00, Ana <ana@…>:"
ATTRIBUTION_NAMED = re.compile(
    r"(?:\b(?:schrieb|skrev|schreef|escribió|escreveu|написал|написала|napisał|napsal|írta)\b.{1,120}"
    r"|\d{1,2}[:.]\d\d\b.{1,160}<[^<>\s]+@[^<>\s]+>\s?)[:：]\s*$",
    re.I,
)
ATTRIBUTION_START = re.compile(
    r"(?:on|am|el|le|il|em|op|den|på|pe|dnia|w dniu|dne|dňa|ke|ma|ti|στις|ons?|le\s+\w+\.?|il giorno"
    r"|il\s+\w+"
    r"|em\s+\w+|a\(z\)|vào|pada|в|на|le:|tir|tor|fre|lør|søn|man|mån|tis|lör|sön|wt|śr|czw|pt|пн|вт|ср"
    r"|чт|пт|сб|вс|lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun"
    r"|\d{1,4}[./-])\b.{4,}"
    r"|(?:在|于|於|\d{4}年|בתאריך|ב-|בתאריך|في|در).{4,}",
    re.I,
)
_DASHES = r"\s*[>*]*\s*[-_=—–*]{2,}\s*"
ORIGINAL = re.compile(
    _DASHES + r"(?:original message|original appointment|reply message|ursprüngliche nachricht"
    r"|originalnachricht|original-nachricht|mensaje original|message d['’]origine|message original"
    r"|messaggio originale|mensagem original|oorspronkelijk bericht|originalmeddelande"
    r"|ursprungligt meddelande"
    r"|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna"
    r"|oryginalna wiadomość"
    r"|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|исходное сообщение|оригинал сообщения"
    r"|original mesaj|αρχικό μήνυμα|orijinal ileti|missatge original|原始邮件|原始郵件|元のメッセージ"
    r"|원본 메시지)"
    r"\s*[-_=—–*]*\s*$",
    re.I,
)
FORWARD = re.compile(
    r"\s*[-_=—–*]{2,}\s*(?:forwarded message|forwarded by|weitergeleitete nachricht|mensaje reenviado"
    r"|message transféré|message transfere|messaggio inoltrato|mensagem encaminhada|mensagem reencaminhada"
    r"|doorgestuurd bericht|vidarebefordrat meddelande|videresendt|edelleenlähetetty viesti"
    r"|przekazana wiadomość|wiadomość przekazana|přeposlaná zpráva|továbbított üzenet"
    r"|пересылаемое сообщение"
    r"|пересланное сообщение|iletilen mesaj|missatge reenviat|转发的邮件|轉寄郵件|转发邮件"
    r"|전달된 메시지|転送メッセージ)"
    r"|\s*(?:begin forwarded message|anfang der weitergeleiteten|inicio del mensaje reenviado"
    r"|début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|início da mensagem"
    r"|begin doorgestuurd bericht)",
    re.I,
)
_MARK = r"\s*\*{0,2}"
HEADER_FROM = re.compile(
    _MARK
    + r"(?:from|von|de|da|van|från|fra|lähettäjä|od|feladó|от|от кого|de la|от|kimden|από|发件人|寄件者|"
    r"差出人|보낸 사람|מאת|من)\s*\*{0,2}\s*[:：]\s*\*{0,2}\s*\S",
    re.I,
)
HEADER_OTHER = re.compile(
    _MARK + r"(?:sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|kopie|enviado(?: el)?|fecha|para"
    r"|asunto"
    r"|envoyé|à|objet|inviato|data|a|oggetto|enviada(?: em)?|enviado em|assunto|verzonden|aan|onderwerp"
    r"|skickat"
    r"|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe|wysłano|do|temat|odesláno|komu|předmět"
    r"|odoslané"
    r"|predmet|elküldve|címzett|tárgy|отправлено|дата|кому|тема|trimis|către|subiect|gönderilme|kime|konu"
    r"|发送时间|發送時間|日期|收件人|主题|主旨|抄送|送信日時|宛先|件名|보낸 날짜|받는 사람|제목|per"
    r"|assumpte)"
    r"\s*\*{0,2}\s*[:：]",
    re.I,
)
SENT_FROM = re.compile(
    r"(?:sent from my|sent from mail for|sent from outlook|sent via|get outlook for|sent with"
    r"|von meinem .{1,30} gesendet"
    r"|gesendet (?:von|mit)|enviado desde|enviado do meu|enviado de mi|enviado a partir do|envoyé (?:de"
    r"|depuis|à partir)"
    r"|inviato da|verzonden (?:vanaf|met|via)|verstuurd vanaf|skickat från|sendt fra|lähetetty"
    r"|wysłane z|wysłano z"
    r"|odesláno z|отправлено (?:с|из)|iphone(?:'|’)?dan|iphone'umdan|télécharger outlook"
    r"|obtener outlook|发自我的|"
    r"從我的|iphoneから送信)",
    re.I,
)
