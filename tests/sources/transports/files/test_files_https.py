"""Files by HTTPS: a certificate that nobody vouches for gets no request, and one of an agency's own does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from files_bench import GOOD, Bench, words
from files_web_server import Page, WebServer


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    return file


@pytest.fixture
def safe_web(certificate: Path) -> Iterator[WebServer]:
    server = WebServer(certificate)
    yield server
    server.stop()


def test_a_certificate_that_nobody_vouches_for_gets_no_request(bench: Bench, safe_web: WebServer):
    safe_web.pages["/counts.csv"] = Page(GOOD)
    fetch = bench.fetch(f"{safe_web.url}/counts.csv")
    assert fetch.outcome == "failed" and "certificate" in words(fetch) and safe_web.asked == []


def test_an_agency_s_own_authority_is_believed_where_the_machine_names_it(
    bench: Bench, safe_web: WebServer, certificate: Path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    bench.secrets = {"token": "TOKEN_ONE"}
    safe_web.pages["/counts.csv"] = Page(GOOD)
    assert bench.fetch(f"{safe_web.url}/counts.csv").outcome == "new"


def test_a_redirect_from_a_safe_to_an_open_line_is_refused(
    bench: Bench, safe_web: WebServer, web: WebServer, certificate: Path, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    safe_web.pages["/counts.csv"] = Page(b"", location=f"{web.url}/counts.csv")
    web.pages["/counts.csv"] = Page(GOOD)
    fetch = bench.fetch(f"{safe_web.url}/counts.csv")
    assert fetch.outcome == "failed" and "unprotected" in words(fetch) and web.asked == []
