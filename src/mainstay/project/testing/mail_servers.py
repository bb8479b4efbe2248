"""Real mail servers for tests: Dovecot (IMAP, LMTP) and Postfix (SMTP), on loopback, in directories of their own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

PACKAGES = "dovecot-imapd dovecot-lmtpd postfix"
MISSING = f"Mail servers are missing; as root: apt-get install {PACKAGES}"
_START_SECONDS = 30.0
_skipped: list[str] = []


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(server.getsockname()[1]) for server in held]
    for server in held:
        server.close()
    return ports


def until(is_so: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Looks ten times a second; servers of others tell no news."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            return bool(link.recv(1))
    except OSError:
        return False


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """For `localhost` and 127.0.0.1, signed by itself."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "cert.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def _short_directory(name: str) -> Path:
    """Sockets have short names, and the servers' users must get in."""
    made = Path(tempfile.mkdtemp(prefix=f"mainstay-{name}-"))
    made.chmod(0o755)
    return made


@dataclass
class Dovecot:
    home: Path
    imap: int
    imaps: int
    lmtp: int
    certificate: Path
    passwords: dict[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.home / "out.log").open("ab") as log:
            self._process = subprocess.Popen(
                [find("dovecot") or "dovecot", "-F", "-c", str(self.home / "dovecot.conf")],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: answers(self.imap), f"Dovecot does not start:\n{self.log()}", _START_SECONDS)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """At once, with everybody whom it serves."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if how is signal.SIGTERM:
                self._process.terminate()
                try:
                    self._process.wait(10)
                except subprocess.TimeoutExpired:
                    pass
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
            self._process = None

    def kill_sessions(self) -> int:
        """The processes that serve logged-in clients, and nobody else's. Returns how many."""
        assert self._process is not None
        found = subprocess.run(
            ["ps", "-o", "pid=,comm=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        pids = [int(line.split()[0]) for line in found.splitlines() if line.split()[1] == "imap"]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)

    def set_password(self, user: str, password: str) -> None:
        self.passwords[user] = password
        lines = [f"{name}:{{PLAIN}}{word}" for name, word in self.passwords.items()]
        (self.home / "users").write_text("\n".join(lines) + "\n")

    def folder(self, user: str, name: str = "INBOX") -> Path:
        mails = self.home / "mail" / user.partition("@")[0] / "Maildir"
        return mails if name == "INBOX" else mails / f".{name}"

    def log(self) -> str:
        return "".join(p.read_text(errors="replace") for p in sorted(self.home.glob("*.log")))


def _dovecot_config(home: Path, *, imap: int, imaps: int, lmtp: int) -> str:
    is_root = os.geteuid() == 0
    me = pwd.getpwuid(os.geteuid())
    owner = pwd.getpwnam("mail") if is_root else me
    users = (
        ""
        if is_root
        else f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}\n"
        f"default_internal_group = {me.pw_gid}\nservice anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
    )
    chroot = "" if is_root else "chroot ="
    return f"""
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
info_log_path = {home}/dovecot.log
instance_name = {home.name}
protocols = imap lmtp
listen = 127.0.0.1
{users}
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
auth_cache_size = 0
recipient_delimiter = +
lmtp_hdr_delivery_address = original
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 50
imap_idle_notify_interval = 30 s
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={home}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A server of the test's own, with two users; whoever logs in may write to any address with `+`."""
    program = find("dovecot")
    if program is None or sys.platform != "linux":
        pytest.skip(MISSING)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3."):
        pytest.skip(f"{MISSING} (Dovecot 2.3; this is {version.strip()})")
    home = _short_directory("dovecot")
    server: Dovecot | None = None
    try:
        imap, imaps, lmtp = free_ports(3)
        certificate, _key = make_certificate(home)
        (home / "dovecot.conf").write_text(_dovecot_config(home, imap=imap, imaps=imaps, lmtp=lmtp))
        (home / "mail").mkdir()
        if os.geteuid() == 0:
            owner = pwd.getpwnam("mail")
            os.chown(home / "mail", owner.pw_uid, owner.pw_gid)
        server = Dovecot(home, imap, imaps, lmtp, certificate)
        server.set_password("support@mainstay.example", "correct horse")
        server.set_password("ana@acme.example", "battery staple")
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class Postfix:
    home: Path
    smtp: int

    def reload_transport(self, lines: str) -> None:
        (self.home / "transport").write_text(lines)
        self._run("reload")

    def start(self) -> None:
        self._run("start")
        until(lambda: answers(self.smtp), f"Postfix does not start:\n{self.log()}", _START_SECONDS)

    def stop(self) -> None:
        subprocess.run(
            [find("postfix") or "postfix", "-c", str(self.home / "etc"), "stop"],
            capture_output=True,
            timeout=30,
            check=False,
        )

    def log(self) -> str:
        log = self.home / "mail.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _run(self, command: str) -> None:
        done = subprocess.run(
            [find("postfix") or "postfix", "-c", str(self.home / "etc"), command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"postfix {command}: {done.stdout}{done.stderr}{self.log()}")


_POSTFIX_SERVICES = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def _lay_out_postfix(home: Path, smtp: int) -> None:
    etc = home / "etc"
    etc.mkdir()
    for name in ("queue", "data"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    (etc / "master.cf").write_text(_POSTFIX_SERVICES.format(smtp=smtp))
    (home / "transport").write_text("")
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": home / "queue",
        "data_directory": home / "data",
        "maillog_file": home / "mail.log",
        "maillog_file_prefixes": home,
        "myhostname": "mx.mainstay.example",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "alias_maps": "",
        "alias_database": "",
        "transport_maps": f"regexp:{home}/transport",
        "relay_domains": "",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "recipient_delimiter": "+",
        "smtpd_tls_security_level": "none",
        "smtp_tls_security_level": "none",
        "smtp_host_lookup": "native",
        "disable_dns_lookups": "yes",
        "minimal_backoff_time": "1s",
        "queue_run_delay": "1s",
        "smtpd_client_connection_count_limit": "0",
        "lmtp_destination_recipient_limit": "1",
    }
    (etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """A server of the test's own that relays what `reload_transport` says, and knows no other way."""
    if find("postfix") is None or os.geteuid() != 0:
        pytest.skip(f"{MISSING} (Postfix starts as root only)")
    home = _short_directory("postfix")
    (smtp,) = free_ports(1)
    server = Postfix(home, smtp)
    try:
        _lay_out_postfix(home, smtp)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and MISSING in str(report.longrepr):
        _skipped.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped:
        terminalreporter.write_sep(
            "!", f"{len(_skipped)} tests with real mail servers were SKIPPED", red=True
        )
        terminalreporter.write_line(MISSING)
