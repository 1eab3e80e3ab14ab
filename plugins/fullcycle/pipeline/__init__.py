"""From steps to a run: graph, schedule, process runner, ledger."""
