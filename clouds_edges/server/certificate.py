"""The certificate by which clients know a server: made once, signed by itself, and kept."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.invites import Fingerprint, fingerprint_of

if TYPE_CHECKING:
    from pathlib import Path

OWN: Final = "server.pem"
"""The file of the key and the certificate in the folder of a server."""
_NAME: Final = "clouds-edges"
_BEGIN: Final = datetime(2021, 1, 1, tzinfo=UTC)
_LIFETIME: Final = timedelta(days=365 * 200)
"""Clients know it by its fingerprint and do not ask how old it is."""
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077


class CertificateUnusable(StoreUnavailable):
    """A certificate or its key cannot be read, made or used."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a server answers, and the fingerprint of what it shows.

    One that the server has made itself is known by the fingerprint only; for one that was given,
    a certificate authority may vouch.
    """

    tls: ssl.SSLContext
    key: Fingerprint
    is_own: bool


def own_identity(folder: Path) -> Identity:
    """What is kept in the folder of a server; it is made the first time.

    Raises:
        CertificateUnusable: It cannot be made or read, or others can read the key.
    """
    path = folder / OWN
    try:
        if not path.exists():
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            _write(path, _made())
        elif os.name == "posix" and path.stat().st_mode & _OTHERS:
            message = f"others can read {path}, which is the key of this server: chmod 600 it"
            raise CertificateUnusable(message)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise CertificateUnusable(message) from error
    return Identity(_tls_of(path, path), _fingerprint_in(path), is_own=True)


def given_identity(certificate: Path, key: Path) -> Identity:
    """That of a certificate, or chain of them, and its key.

    Raises:
        CertificateUnusable: They cannot be read, or do not belong together.
    """
    return Identity(_tls_of(certificate, key), _fingerprint_in(certificate), is_own=False)


def _tls_of(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        which = str(certificate) if certificate == key else f"{certificate} with {key}"
        message = f"{which} cannot be used to encrypt: {_reason(error)}"
        raise CertificateUnusable(message) from error
    return context


def _fingerprint_in(certificate: Path) -> Fingerprint:
    try:
        text = certificate.read_text(encoding="ascii")
        begin = text.index(ssl.PEM_HEADER)
        end = text.index(ssl.PEM_FOOTER, begin) + len(ssl.PEM_FOOTER)
        return fingerprint_of(ssl.PEM_cert_to_DER_cert(text[begin:end]))
    except (OSError, ValueError) as error:
        message = f"{certificate} holds no certificate: {_reason(error)}"
        raise CertificateUnusable(message) from error


def _made() -> bytes:
    """A key of the curve P-256 and a certificate that it has signed itself, in PEM."""
    from cryptography import x509  # noqa: PLC0415 - 60 ms, at the first start only
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_BEGIN + _LIFETIME)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """Write it whole beside, then rename: a crash leaves none, or all of it."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)  # so that its mode is ours
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def _no_password() -> str:
    """Nobody is there to be asked: a server starts by itself."""
    message = "the key is locked with a password: give one without"
    raise ValueError(message)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not a certificate").lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error)
