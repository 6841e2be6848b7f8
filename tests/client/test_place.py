import pytest

from clouds_edges.client.place import Place, place_at
from clouds_edges.protocol.invites import fingerprint_of

KEY = fingerprint_of(b"a certificate")


def test_who_plays_on_the_network_can_say_how_others_get_there() -> None:
    place = place_at("wss://192.168.1.5:7853", "there", KEY, None)
    assert place.command_to_join("kx7qpm") == (
        f"clouds-edges play edges://192.168.1.5/{KEY}/kx7qpm"
    )
    assert place.warning == ""


def test_where_an_authority_vouches_the_invite_names_no_key() -> None:
    place = place_at("wss://games.example.org:8000", "there", None, None)
    invite = "clouds-edges play edges://games.example.org:8000/-/kx7qpm"
    assert place.command_to_join("kx7qpm") == invite


@pytest.mark.parametrize("url", ["ws://127.0.0.1:7853", "wss://127.0.0.1:7853", "ws://[::1]:1"])
def test_to_this_machine_nobody_can_be_invited(url: str) -> None:
    assert place_at(url, "here", KEY, "kx7qpm") == Place("here", "kx7qpm")


def test_a_place_that_encrypts_nothing_says_so_and_has_no_invite() -> None:
    place = place_at("ws://192.168.1.5:7853", "there", None, None)
    assert place.warning == " (not encrypted)"
    assert place.command_to_join("kx7qpm") is None
