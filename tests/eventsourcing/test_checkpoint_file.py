from pathlib import Path

import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.projection import CheckpointFile
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint


def test_checkpoints_are_kept_by_name(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoints.db")
    file.save("one", Checkpoint(7))
    file.save("other", Checkpoint(8))
    file.save("one", Checkpoint(9))
    file.close()

    file = CheckpointFile(tmp_path / "checkpoints.db")
    assert [file.load(name) for name in ("one", "other", "new")] == [9, 8, BEGINNING]
    file.close()


def test_a_file_that_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere.* cannot be opened: "):
        CheckpointFile(tmp_path / "nowhere" / "checkpoints.db")


def test_a_checkpoint_that_cannot_be_saved_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "checkpoints.db")
    file.close()
    with pytest.raises(StoreUnavailable, match="the checkpoint of one cannot be saved: "):
        file.save("one", Checkpoint(7))
