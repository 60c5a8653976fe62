"""Defects in what is published, and in how a run ends."""

from planted import Mutant

PLANTED = [
    Mutant(91, "a file of the set is not synced", "pipeline/outfile.c",
           "    if (done && outdir_calls(file->outdir)->sync(file->fd) != 0)",
           "    if (done && file->fd < 0)",
           "after a power cut the set is empty", "unit.durable", True),
    Mutant(92, "the directory of the set is not synced", "pipeline/outdir.c",
           "    if (!sync_directory(outdir, outdir->set, \"syncing the new "
           "set\") ||\n",
           "    if (",
           "after a power cut files of the set are missing",
           "unit.durable", True),
    Mutant(93, "the set is named before it is synced", "pipeline/outdir.c",
           "        !sync_directory(outdir, outdir->fd, \"syncing\") ||\n"
           "        !put_link(outdir, outdir->set_name, CURRENT))",
           "        !put_link(outdir, outdir->set_name, CURRENT) ||\n"
           "        !sync_directory(outdir, outdir->fd, \"syncing\"))",
           "after a power cut names lead nowhere", "unit.durable", True),
    Mutant(94, "a link in the place of the output is followed",
           "pipeline/outdir.c",
           "    outdir->fd = open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW "
           "| O_CLOEXEC);",
           "    outdir->fd = open(plain, O_RDONLY | O_DIRECTORY | O_CLOEXEC);",
           "files appear where another user's link leads", "unit.outdir"),
    Mutant(95, "the old set is removed before the new one stands",
           "pipeline/outdir.c",
           "    if (set_number(name) && strcmp(name, outdir->old_set) != 0)",
           "    if (set_number(name))",
           "a run that fails leaves nothing", "unit.outdir"),
    Mutant(96, "a foreign file is replaced", "pipeline/outdir.c",
           "        if (in_directory(outdir->fd, name))",
           "        if (false && in_directory(outdir->fd, name))",
           "a file of the user is gone", "unit.outdir"),
    Mutant(97, "what does not balance is published", "stages/publish.c",
           "    return well && ledger_balances(&input) && write_beside(",
           "    if (well)\n        (void)ledger_balances(&input);\n"
           "    return well && write_beside(",
           "wrong numbers in the place of right ones",
           "going_on.a_ledger_that_does_not_balance_publishes_nothing"),
    Mutant(98, "records are not balanced", "stages/ledger.c",
           "           holds(run, name, t->records,\n",
           "           holds(run, name, 0 * t->records,\n",
           "no run ends",
           "defects.the_first_record_of_a_file_is_not_lost"),
    Mutant(100, "a fault ends with 0", "stages/job_run.c",
           "fault_raised(&job->fault) ? (int)job->fault.code : CODE_DONE;",
           "CODE_DONE;",
           "a script takes an old set for the new one",
           "statuses.exit_code_66_is_produced_or_not_in_use"),
    Mutant(101, "SIGTERM is not obeyed", "pipeline/signals.c",
           "    if (number)\n        fault_raise(",
           "    if (number == SIGINT)\n        fault_raise(",
           "a service cannot be stopped",
           "command.sigterm_stops_within_5_s_with_75_and_leaves_the_old_set_whole"),
    Mutant(102, "more rejects than allowed are published",
           "stages/job_run.c",
           "    return rejects_within(&job->run, &job->options.max_rejects);",
           "    (void)rejects_within(&job->run, &job->options.max_rejects);\n"
           "    return true;",
           "a limit that limits nothing",
           "limits.more_rejects_than_the_limit_end_with_65_and_publish_nothing"),
    Mutant(103, "a short write is taken for the whole", "pipeline/outfile.c",
           "        bytes += wrote;\n        size -= (size_t)wrote;\n    }\n"
           "    return true;\n}\n\nstatic bool flush",
           "        bytes += wrote;\n        size = 0;\n    }\n"
           "    return true;\n}\n\nstatic bool flush",
           "tables with holes", "unit.outdir"),
]
