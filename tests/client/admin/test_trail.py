"""A way through pages."""

from clouds_edges.client.admin.trail import Trail


def test_pages_are_found_again_on_the_way_back() -> None:
    trail: Trail[int] = Trail()
    assert (trail.page, trail.is_first, trail.here) == (1, True, None)
    deeper = trail.forward(90).forward(80)
    assert (deeper.page, deeper.is_first, deeper.here) == (3, False, 80)
    assert deeper.back().here == 90
    assert deeper.back().back() == trail


def test_nothing_is_before_the_first_page() -> None:
    trail: Trail[int] = Trail()
    assert trail.back() == trail
