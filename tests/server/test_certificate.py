import ssl
from pathlib import Path

import pytest

from clouds_edges.protocol.invites import fingerprint_of
from clouds_edges.server.certificate import (
    OWN,
    CertificateUnusable,
    given_identity,
    own_identity,
)


def test_a_server_makes_its_key_once(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    first = own_identity(folder)
    again = own_identity(folder)
    assert first.key == again.key
    assert first.is_own


def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    own_identity(tmp_path / "data")
    assert (tmp_path / "data" / OWN).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == [OWN]


def test_two_servers_have_different_keys(tmp_path: Path) -> None:
    assert own_identity(tmp_path / "a").key != own_identity(tmp_path / "b").key


def test_the_fingerprint_is_of_the_certificate_that_is_shown(tmp_path: Path) -> None:
    key = own_identity(tmp_path).key
    pem = (tmp_path / OWN).read_text()
    begin = pem.index(ssl.PEM_HEADER)
    assert key == fingerprint_of(ssl.PEM_cert_to_DER_cert(pem[begin:]))


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    own_identity(tmp_path)
    (tmp_path / OWN).chmod(0o640)
    with pytest.raises(CertificateUnusable, match=r"others can read .*server\.pem.*: chmod 600 it"):
        own_identity(tmp_path)


def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path) -> None:
    own_identity(tmp_path)
    path = tmp_path / OWN
    damaged = path.read_text()[:-200]
    path.write_text(damaged)
    with pytest.raises(CertificateUnusable, match=r"server\.pem"):
        own_identity(tmp_path)
    assert path.read_text() == damaged


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateUnusable, match=r"cannot be written"):
        own_identity(tmp_path / "file" / "folder")


def test_a_certificate_of_ones_own_is_taken(tmp_path: Path) -> None:
    key = own_identity(tmp_path).key
    given = given_identity(tmp_path / OWN, tmp_path / OWN)
    assert given.key == key
    assert not given.is_own


def test_a_certificate_and_the_key_of_another_do_not_go_together(tmp_path: Path) -> None:
    own_identity(tmp_path / "a")
    own_identity(tmp_path / "b")
    with pytest.raises(CertificateUnusable, match="cannot be used to encrypt"):
        given_identity(tmp_path / "a" / OWN, tmp_path / "b" / OWN)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable, match="No such file"):
        given_identity(tmp_path / "cert", tmp_path / "key")
