"""The people of the stories."""

from clouds_edges.domain.actors import Guest, Player, Process
from clouds_edges.domain.ids import PlayerId

ANN = Player(PlayerId("ann"), "Ann", "🐘", "#8fbf5a")
BOB = Player(PlayerId("bob"), "Bob", "🐙", "#6a9df0")
CYD = Player(PlayerId("cyd"), "Cyd", "🐢", "#cf76c4")
DAN = Player(PlayerId("dan"), "Dan", "🐧", "#e5946c")
GUEST = Guest(PlayerId("guest"))
PROCESS = Process("another")
