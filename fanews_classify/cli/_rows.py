"""Records made from the rows of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fanews_classify.records.columns import text_of
from fanews_classify.records.tables import Row


class Record(NamedTuple):
    """A text and where it came from.

    Attributes
    ----------
    name : str
        File, and of a record in it the line or number.
    text : str
    error : str or None
        Says why there is no text.
    values : dict or None
        The columns that are kept; None if they could not be read.
    batch, place
        The same as an Arrow record batch and a row of it, if they were read so.
    share : int
        Bytes of the batch by the number of its rows.
    """

    name: str
    text: str
    error: str | None = None
    values: dict[str, Any] | None = None
    batch: Any = None
    place: int = 0
    share: int = 0


@dataclass(frozen=True)
class Projection:
    """Which columns of the input are kept.

    Attributes
    ----------
    keep : sequence of str or None
        By default all.
    drop : bool
        Leave out those of the text.
    """

    keep: Sequence[str] | None = None
    drop: bool = False

    def kept(self, columns: Sequence[str], texts: Sequence[str]) -> Sequence[str]:
        """Return the columns that are kept."""
        chosen = columns if self.keep is None else self.keep
        return [name for name in chosen if not (self.drop and name in texts)]

    def of(self, record: Record, texts: Sequence[str]) -> Record:
        """Return a record with the values that are kept."""
        values = record.values
        if values is None or (self.keep is None and not self.drop):
            return record
        kept = self.kept(list(values), texts)
        return record._replace(values={name: values[name] for name in kept if name in values})


@dataclass(frozen=True)
class Table:
    """A file of which each row is a record.

    Attributes
    ----------
    name : str
        For messages.
    is_text : bool
        Whether rows are the lines of a text.
    columns : sequence of str
    texts : sequence of str
        Those of the text.
    projection : Projection
    """

    name: str
    is_text: bool
    columns: Sequence[str]
    texts: Sequence[str]
    projection: Projection

    @property
    def kept(self) -> Sequence[str]:
        """Columns that are kept."""
        return self.projection.kept(self.columns, self.texts)

    def records(self, rows: Iterable[Row], *, values: bool, arrow: bool) -> Iterator[Record]:
        """Yield a record for each row.

        Parameters
        ----------
        rows : iterable of Row
        values : bool
            With the columns that are kept.
        arrow : bool
            As record batches, where rows come from such.
        """
        kept = self.kept
        batch = kept_batch = None
        share = 0
        for row in rows:
            where = f"{self.name}:{row.number}"
            text, fault = ("", row.error) if row.values is None else text_of(row.values, self.texts)
            record = Record(where, text, row.error or fault)
            if not values:
                yield record
            elif arrow and row.batch is not None:
                if row.batch is not batch:
                    batch, kept_batch = row.batch, row.batch.select(kept)
                    share = kept_batch.nbytes // max(kept_batch.num_rows, 1)
                yield record._replace(batch=kept_batch, place=row.place, share=share)
            else:
                found = row.values
                if self.is_text and found is not None:
                    found = {"record": where, **found}
                yield self.projection.of(record._replace(values=found), self.texts)
