"""Golden transcripts: each is played against the pharmacy in memory and must come out as it is kept.

`UPDATE=1 pytest tests/test_transcripts.py` writes them anew; review the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.rehearsal import transcript

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_plays_as_it_is_kept(path: Path) -> None:
    kept = path.read_text(encoding="utf-8")

    played = transcript.replay(kept)

    if os.environ.get("UPDATE"):
        path.write_text(played, encoding="utf-8")
    else:
        assert played == kept
