"""Long text on the screen."""

from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.selection import Selection

from clouds_edges.client.admin.widgets.text_view import TextView


class Page(App[None]):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield TextView(self.text)

    @property
    def view(self) -> TextView:
        return self.query_one(TextView)


async def test_it_is_scrolled_with_the_keys() -> None:
    page = Page("\n".join(f"line {number} {'x' * 100}" for number in range(100)))
    async with page.run_test(size=(40, 10)) as pilot:
        await pilot.press("down", "j")
        assert page.view.scroll_offset.y == 2
        await pilot.press("up", "k", "pagedown")
        await pilot.pause(0.3)
        assert page.view.scroll_offset.y > 5
        await pilot.press("shift+right")
        await pilot.pause(0.3)
        assert page.view.scroll_offset.x > 0


async def test_markup_is_text_and_tabs_are_spaces() -> None:
    page = Page("[b]bold[/]\n\tindented")
    async with page.run_test(size=(40, 10)):
        assert page.view.render_line(0).text.startswith("[b]bold[/]")
        assert page.view.render_line(1).text.startswith("    indented")
        assert page.view.render_line(5).text.strip() == ""


async def test_it_can_be_selected_and_copied() -> None:
    page = Page("first\nsecond")
    async with page.run_test(size=(40, 10)) as pilot:
        selection = Selection(Offset(2, 0), Offset(3, 1))
        page.screen.selections = {page.view: selection}
        await pilot.pause()
        assert page.view.get_selection(selection) == ("rst\nsec", "\n")
        assert page.view.render_line(0).text.startswith("first")


async def test_new_text_takes_the_place_of_the_old() -> None:
    page = Page("first")
    async with page.run_test(size=(40, 10)):
        page.view.show("second")
        assert page.view.text == "second"
        assert page.view.render_line(0).text.startswith("second")
