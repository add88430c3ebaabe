"""Checkpoints of our own chain: its Merkle root at a size, signed twice (spec 3.8).

Rules of this file: the tree is caught up only when a checkpoint is made, from the ids that the record keeps; one log
is one generation of one chain.
"""

from __future__ import annotations

from openline.keys import notes
from openline.station.context import Context
from openline.wire.errors import invariant
from openline.wire.merkle import Tree
from openline.wire.terms import Checkpoint44


class Checkpoints:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.gen = -1
        self.tree = Tree()

    def make(self) -> Checkpoint44 | None:
        """A checkpoint of all that our chain's generation holds, or None where it holds nothing."""
        ctx = self.ctx
        head = ctx.record.cursors[ctx.us].head
        if head is None:
            return None
        if head.gen != self.gen:
            self.gen, self.tree = head.gen, Tree()
        for seq in range(self.tree.size, head.seq + 1):
            identity = ctx.record.id_at(ctx.us, head.gen, seq)
            invariant(identity is not None, "a chain's ids are kept for every place")
            self.tree.append(identity or b"")
        return notes.sign_checkpoint(
            ctx.accord_id,
            ctx.us,
            head.gen,
            self.tree.size,
            self.tree.root(),
            ctx.station_key(),
            ctx.keys.checkpoint,
        )
