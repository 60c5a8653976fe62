"""Defects in what a run keeps, so that another goes on: checkpoint, marks,
segments."""

from planted import Mutant

GOES_ON = "going_on.a_run_killed_anywhere_goes_on_to_the_same_bytes"
CHANGED = "going_on.what_changed_since_is_refused_and_named"

PLANTED = [
    Mutant(61, "a mark is one piece too early", "stages/shard_mark.c",
           "               ? stitch->next_offset\n",
           "               ? stitch->pieces[(stitched + PIECES_MAX - 1) %\n"
           "                                PIECES_MAX].from\n",
           "a frame counts twice after a stop", GOES_ON),
    Mutant(62, "a mark is as far as was read", "stages/shard_mark.c",
           "               : stitch->pieces[stitched % PIECES_MAX].from;",
           "               : stitch->next_offset;",
           "frames under way are missing after a stop",
           "going_on.frames_that_ended_before_others_count_once"),
    Mutant(63, "the mark forgets the open line", "stages/shard_mark.c",
           "        .open_size = stitch->open.size,", "        .open_size = 0,",
           "a post is lost after a stop", GOES_ON),
    Mutant(64, "the mark forgets in which cell the text ended",
           "stages/shard_mark.c", "    stitch->states = (uint8_t)mark->states;",
           "    stitch->states = CSV_CELL_START;",
           "rows of a CSV file are torn after a stop",
           "going_on.rows_with_line_feeds_go_on_to_the_same_bytes"),
    Mutant(65, "the digest begins anew", "pipeline/feed.c",
           "    memcpy(feed->hash->acc, image.accumulators, sizeof "
           "image.accumulators);\n", "",
           "the manifest tells another digest than the shard has", GOES_ON),
    Mutant(66, "a segment is left out of the checkpoint", "stages/state.c",
           "        .segment_count = count,",
           "        .segment_count = count > 1 ? count - 1 : count,",
           "posts are missing after a stop", GOES_ON),
    Mutant(67, "a ledger counts twice", "stages/state.c",
           "        run->ledgers[at] = *shard->ledger;\n",
           "        run->ledgers[at] = *shard->ledger;\n"
           "        tally_append(&run->ledgers[at].tally, "
           "&shard->ledger->tally);\n",
           "no run that went on balances", GOES_ON),
    Mutant(68, "the tables are joined with their own segment",
           "stages/seal.c", "    return seal->count - seal->live;",
           "    return seal->count;",
           "every post has a duplicate", GOES_ON),
    Mutant(69, "the last segment is not joined", "stages/seal.c",
           "    return seal->count - seal->live;",
           "    return seal->count - seal->live - (seal->count > "
           "seal->live + 1u);",
           "posts are missing after a stop", GOES_ON),
    Mutant(70, "segments are removed before their successor is named",
           "stages/seal.c",
           "        commit(seal);\n        for (uint32_t i = 0; i < merged && "
           "!fault_raised(seal->run->fault);\n             i++)\n"
           "            remove_segment(seal, numbers[i]);\n",
           "        for (uint32_t i = 0; i < merged && "
           "!fault_raised(seal->run->fault);\n             i++)\n"
           "            remove_segment(seal, numbers[i]);\n"
           "        commit(seal);\n",
           "a run that is killed then cannot be gone on with",
           "going_on.killed_at_any_removal_it_goes_on"),
    Mutant(71, "merged segments are never removed", "stages/seal.c",
           "            remove_segment(seal, numbers[i]);\n    }",
           "            (void)numbers[i];\n    }",
           "the disk fills up",
           "going_on.nothing_is_left_that_no_checkpoint_names"),
    Mutant(72, "what an earlier process began is forgotten",
           "stages/state.c",
           "        } else if (run->marks[i]) {",
           "        } else if (run->marks[i] && !run->marks[i]) {",
           "a shard is read again after two stops",
           "going_on.what_nobody_touched_keeps_its_mark"),
    Mutant(73, "a state has two writers", "pipeline/statedir.c",
           "flock(state->lock, (write ? LOCK_EX : LOCK_SH) | LOCK_NB)",
           "flock(state->lock, LOCK_SH | LOCK_NB)",
           "two runs at once ruin the state", "unit.durable", True),
    Mutant(74, "shards that the state does not know are accepted",
           "stages/state.c",
           "            if (!more)\n                return refuse_others(state, "
           "shards->items[listed].name, true);\n", "",
           "outputs of a list that nobody gave", CHANGED),
    Mutant(75, "shards that are not given any more are kept",
           "stages/state.c",
           "        if (!more)\n            return refuse_others(state, "
           "last->shards[i].name, false);\n", "",
           "outputs of a list that nobody gave", CHANGED),
    Mutant(76, "a shard changed in place is not noticed", "stages/state.c",
           "    if (shard->size == before->size && shard->mtime_ns == "
           "before->mtime_ns)",
           "    if (shard->size == before->size)",
           "outputs of a file that is not there any more", CHANGED),
    Mutant(77, "other parameters of reading are accepted", "stages/state.c",
           "    if (now->since != then->since || ",
           "    if (",
           "posts outside --since count", CHANGED),
    Mutant(78, "--add reads what was read", "stages/state.c",
           "        run->marks[at] = shard->mark;\n",
           "        run->ledgers[at].done &= state->use != STATE_ADD;\n"
           "        run->marks[at] = shard->mark;\n",
           "shards count twice",
           "going_on.added_shards_give_the_bytes_of_one_run"),
    Mutant(79, "a state that is half read is reduced", "stages/state.c",
           "    if (state->use == STATE_REDUCE && "
           "!checkpoint_finished(&state->last))",
           "    if (state->use == STATE_REDUCE && !state->have)",
           "tables of half the shards that look like all", CHANGED),
    Mutant(80, "what was read twice are duplicates", "stages/publish.c",
           "    if (records >= counts->posts &&\n",
           "    if (records < counts->posts &&\n",
           "no run that went on balances",
           "going_on.frames_that_ended_before_others_count_once"),
    Mutant(81, "a damaged checkpoint is read", "stages/checkpoint.c",
           "        header.checksum !=\n            hash_bytes64(bytes + "
           "sizeof header, size - sizeof header))",
           "        header.checksum == 0)",
           "numbers that a disk changed",
           "going_on.a_checkpoint_changed_anywhere_is_refused"),
    Mutant(82, "a checkpoint is put in place before it is written",
           "pipeline/statedir.c",
           "    return state->system->sync(fd) != 0 ? errno : 0;",
           "    return 0;",
           "after a power cut there is no state", "unit.durable", True),
    Mutant(83, "the new name of a checkpoint may be lost",
           "pipeline/statedir.c",
           "return fail(state, errno, \"renaming\", CHECKPOINT_NEW);\n"
           "    return sync_directory(state);",
           "return fail(state, errno, \"renaming\", CHECKPOINT_NEW);\n"
           "    return true;",
           "after a power cut a checkpoint names segments that are gone",
           "unit.durable", True),
    Mutant(84, "a state directory is followed through a link",
           "pipeline/statedir.c",
           "                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | "
           "O_CLOEXEC);\n    if (state->fd >= 0)",
           "                     O_RDONLY | O_DIRECTORY | O_CLOEXEC);\n"
           "    if (state->fd >= 0)",
           "files are removed where a link leads", "unit.durable", True),
    Mutant(85, "a segment is not synced",
           "stages/aggregate/segment_write.c",
           "    if (!status && (fsync(writer->fd) != 0 || ",
           "    if (!status && (",
           "after a power cut a checkpoint names what is not there",
           "going_on.segments_are_synced_before_a_checkpoint_names_them"),
    Mutant(86, "the name of a segment is not synced",
           "stages/aggregate/segment_write.c",
           " || fsync(writer->directory) != 0))", "))",
           "after a power cut a checkpoint names what is not there",
           "going_on.segments_are_synced_before_a_checkpoint_names_them"),
]
