"""The part of the SDK that deletes, restores and removes for good."""

from collections.abc import Iterator, Sequence

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.schemas import Cleanup, ExperimentSummary

_COUNTS = ("runs", "experiments", "logged_models", "files", "bytes", "waiting_bytes", "held")


class Binned:
    """What goes into the bin and comes out of it."""

    _transport: Transport

    def delete(self, *run_ids: str) -> int:
        """Put runs in the bin; returns how many changed. They can be restored until their `remove_at`."""
        return self._move(run_ids, "delete")

    def restore(self, *run_ids: str) -> int:
        """Take runs out of the bin; returns how many changed."""
        return self._move(run_ids, "restore")

    def delete_experiment(self, experiment_id: str) -> None:
        """Put an experiment and its runs in the bin."""
        self._transport.delete(f"experiments/{experiment_id}")

    def restore_experiment(self, experiment_id: str) -> ExperimentSummary:
        """Take an experiment out of the bin, with the runs that went in with it."""
        return ExperimentSummary.model_validate(self._transport.post(f"experiments/{experiment_id}/restore"))

    def clean_up(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Cleanup:
        """Remove for good what has been in the bin for so long (None: the retention time), and files that nobody names."""
        *_, last = self.cleaning(older_than_days, dry_run=dry_run)
        return last

    def cleaning(self, older_than_days: float | None = None, *, dry_run: bool = False) -> Iterator[Cleanup]:
        """Do the same and yield what was removed so far, again and again until the end."""
        total = Cleanup(done=0.0)
        position: str | None = None
        while True:
            body = {"older_than_days": older_than_days, "dry_run": dry_run, "position": position}
            part = Cleanup.model_validate(self._transport.post("experiments/gc", json=body))
            sums = {name: getattr(total, name) + getattr(part, name) for name in _COUNTS}
            total = Cleanup(**sums, done=part.done, next=part.next)
            yield total
            position = part.next
            if position is None:
                return

    def _move(self, run_ids: Sequence[str], action: str) -> int:
        body = {"run_ids": list(run_ids), "action": action}
        return int(self._transport.post("experiments/bulk", json=body)["changed"])
