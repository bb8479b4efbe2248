"""The words and headers by which programs that send mail give themselves away, in many languages."""

import re

DAEMON = re.compile(
    r"^(mailer-?daemon|post[_-]?master|mail-?daemon|mail[._-]delivery|mailerdaemon|mailsystem"
    r"|mail-system|microsoftexchange"
    r"[0-9a-f]{8,}|bounces?|bounced|bounce-notification|double-bounce|undeliver(ed|able)"
    r"|delivery-?status|maildelivery"
    r"|nondelivery|non-delivery|failure|returned-?mail|system-?administrator)([+._-][^@]*)?(@|$)",
    re.I,
)
MAILER_DAEMON = re.compile(r"[<\"\s]*mailer-?daemon\b", re.I)
DAEMON_NAME = re.compile(
    r"mailer[- ]?daemon|mail delivery (sub)?system|postmaster|system administrator|mail system"
    r"|systemadministrator"
    r"|delivery (system|subsystem|service)|administrador del sistema|microsoft outlook$"
    r"|mail delivery service",
    re.I,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver(ed|able)|delivery (status notification|failure|has failed|failed|report|problem|delayed"
    r"|notification"
    r"|incomplete|error)|returned (mail|to sender|email)|mail delivery|failure notice|mail (failure"
    r"|system error|returned)"
    r"|non[- ]?delivery|delivery.{0,20}(failed|failure)|could not be delivered|couldn.t be delivered"
    r"|not delivered"
    r"|message (not|undeliverable|delivery|delayed|you sent blocked)|unable to deliver|rejected:"
    r"|user unknown|warning: (message|could)"
    r"|unzustellbar|nicht zugestellt|zustell(ung|problem)|rückläufer|no se (ha )?(podido|pudo) entregar"
    r"|no entregado"
    r"|correo devuelto|non remis|non[- ]distribu|échec de la remise|échec de livraison|non recapitabile"
    r"|mancata consegna"
    r"|impossibile consegnare|onbestelbaar|não (foi )?entregue|falha na entrega|devolvido"
    r"|kunde inte levereras|olevererbart"
    r"|ikke leveres|не доставлен|недоставлен|доставк\w+ .{0,20}(невозмож|ошибк)|mail failure|配信"
    r"|送信エラー|エラー通知|"
    r"メールエラー|退信|投递失败|系统退信|niedostarcz|nie można dostarczyć|nedoručiteln"
    r"|delivery to .{1,80} failed|postmaster notify"
    r"|there was an error sending your mail|considered unsolicited|disallowed by|blocked by|mail could not",
    re.I,
)
BOUNCE_WORDS = re.compile(
    r"permanent(ly)? (fatal )?(error|failure|failed)|could ?n[o']t be delivered|could not be delivered"
    r"|user unknown"
    r"|mailbox (unavailable|is full|full|not found)|no such user|unknown (user|address|recipient)"
    r"|delivery.{0,30}(failed"
    r"|failure|error)|undeliverable|(550|551|552|553|554|421|450|451|452)[ -][#]?[45]?\.?"
    r"|unrouteable address"
    r"|this is the qmail|i wasn't able to deliver|address rejected|retry timeout exceeded"
    r"|message that you sent"
    r"|the following address|did not reach the following|original message (follows|headers|is)"
    r"|transcript of session"
    r"|recipient.{0,40}(reject|refus|not exist|not found|unknown)|quota exceeded|over quota"
    r"|host (unknown|not found)"
    r"|account.{0,30}(disabled|suspended|not exist)|relay(ing)? (denied|not permitted)",
    re.I,
)
AUTO_SUBJECT = re.compile(
    r"^\W*(auto(matic(ally)?)?[- ]?(reply|response|respon\w*|generated|acknowledge\w*)"
    r"|automatische (antwort|reactie|beantwoording)"
    r"|abwesenheit|abwesend|out of (the )?office|ooo\b|on (vacation|leave|holiday)|vacation (reply"
    r"|response|message)"
    r"|away from|i('m| am) (away|out|on)|respuesta autom|fuera de (la )?oficina|ausente|réponse auto"
    r"|absence (du bureau)?"
    r"|absent|en congés?|risposta autom|fuori (sede|ufficio)|assente|resposta autom|ausência"
    r"|fora do escritório"
    r"|automatisch antwoord|afwezig|niet aanwezig|autosvar|automatiskt svar|automatisk svar|frånvaro"
    r"|ikke til stede"
    r"|automaattinen vastaus|poissa|autoodpowiedź|automatyczna odpowiedź|automatick[áé] odpov|автоответ"
    r"|автоматический"
    r"|отсутств|otomatik yanıt|自動返信|自动回复|自動回覆|자동 회신|תגובה אוטומטית|automatikus válasz"
    r"|auto:)",
    re.I,
)
# Written by programs before the subject they answer; people's subjects begin with Re: then.
AUTO_PREFIX = re.compile(
    r"\s*\[?(auto(matic(ally)?)?[- ]?(reply|response|respons)|automatische (antwort|reactie)"
    r"|automatisch antwoord"
    r"|respuesta autom[aá]tica|réponse automatique|risposta automatica|resposta autom[aá]tica|autosvar"
    r"|automatisk svar"
    r"|automatiskt svar|out of office( auto-?reply)?|abwesenheits(notiz|nachricht|meldung)|自動返信"
    r"|自动回复|自動回覆)\]?\s*[:：]",
    re.I,
)
AUTO_WORDS = re.compile(
    r"out of (the )?office|on (vacation|annual leave|holiday|leave until)|automat(ic|ed"
    r"|ically generated) (reply|response|message)"
    r"|will be (back|out|away)|limited access to (my )?e-?mail|nicht im (büro|hause)|bin (bis|ab|am"
    r"|vom)|wieder (erreichbar"
    r"|im büro)|fuera de la oficina|estaré (fuera|ausente)|absent\(?e?\)? (du|jusqu)|je suis absent"
    r"|fuori ufficio"
    r"|ausente|afwezig|abwesend|do not (reply|respond) to this|this is an automat",
    re.I,
)
AUTO_SENDER = re.compile(
    r"^(no|do[-_.]?not|dont)[-_.]?reply|^auto(reply|responder|mailer|-?confirm)|^notifications?@|^noreply",
    re.I,
)
AUTO_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoresponder", "x-auto-reply-from", "x-autogenerated",
    "x-mail-autoreply", "x-auto-generated", "x-vacation", "x-ezmlm-autoreply", "x-cron-env", "x-facebook-notify",
    "x-fc-machinegenerated", "x-post-messageclass",
)  # fmt: skip
LIST_HEADERS = (
    "list-id",
    "list-post",
    "list-archive",
    "list-help",
    "x-mailing-list",
    "x-mailman-version",
    "x-list",
    "x-mlserver",
)
