#!/usr/bin/env python3
"""The fault matrix: every item, and the tests that try it.

    matrix.py     prints the table as it stands in docs/RELIABILITY.md

An item is what can go wrong; a case is (file below tests/, name of the test).
An item without a case waits for resume, and a test fails once there is an
option --state (tests/faults/check_world.py). tests/tidy holds that every case
exists and that the page has this table.
"""

FRAMES = "faults/check_frames.py"
LINES = "faults/check_lines.py"
WORLD = "faults/check_world.py"
FAILING = "faults/check_failing.py"
COMMAND = "e2e/check_command.py"
DECODE = "unit/test_decode.c"
TROUBLE = "unit/test_source_trouble.c"

MATRIX = {
    "truncated frame at every byte":
        [(FRAMES, "a_frame_cut_at_every_byte_loses_itself_alone"),
         (DECODE, "a_cut_at_any_byte_loses_the_cut_frame_alone")],
    "cut between frames":
        [(FRAMES, "a_cut_between_frames_loses_nothing_else"),
         ("e2e/check_damage.py",
          "a_cut_between_frames_loses_the_open_line_alone")],
    "every single-bit flip of a checksummed frame":
        [(FRAMES, "every_flipped_bit_of_a_checksummed_frame_is_seen"),
         (DECODE, "any_flipped_bit_leaves_the_next_frame")],
    "every single-bit flip of an unchecksummed frame":
        [(FRAMES, "every_flipped_bit_of_an_unchecksummed_frame_spares_its_"
          "neighbours")],
    "noise that spares the magic":
        [(FRAMES, "noise_that_spares_the_magic_spares_the_next_frame"),
         (DECODE, "noise_that_spares_the_magic_spares_the_next_frame")],
    "wrong checksum":
        [(FRAMES, "a_wrong_checksum_is_named"),
         ("e2e/check_damage.py", "a_wrong_checksum_rejects_the_frame")],
    "reserved bits, lying sizes":
        [(FRAMES, "reserved_bits_and_lying_sizes_are_named"),
         (DECODE, "each_lie_has_its_reason")],
    "windows 2^28 to 2^31 against the budget":
        [(FRAMES, "windows_of_2_to_the_28_to_31_are_held_against_the_budget"),
         (DECODE, "a_huge_window_costs_only_what_is_written")],
    "skippable frames of all 16 magics, honest and lying":
        [(FRAMES, "skippable_frames_of_all_magics_are_stepped_over")],
    "frame that needs a dictionary: right, wrong, absent":
        [("e2e/check_containers.py",
          "frames_made_with_a_dictionary_are_read_with_it_alone"),
         (DECODE, "a_dictionary_serves_right_wrong_and_absent")],
    "zero-length file, one byte, only a skippable frame, garbage, other "
    "formats' magics, trailing garbage":
        [(FRAMES, "odd_files_are_counted_whole")],
    "1 GiB of zeros in 32 KiB, 10^6 empty frames":
        [(FRAMES, "a_gib_of_zeros_and_a_million_empty_frames_cost_no_memory"),
         (DECODE, "a_gib_of_zeros_in_32_kib_costs_a_window"),
         (DECODE, "a_million_empty_frames_are_a_million_items")],
    "a shard that shrinks, grows, is rewritten, replaced while read":
        [(WORLD, "a_shard_that_changes_while_it_is_read_ends_the_run_with_66"),
         ("unit/test_shards.c",
          "a_shard_that_changes_while_it_is_read_is_found_out")],
    "a shard that is unlinked while read":
        [(WORLD,
          "a_shard_unlinked_while_it_is_read_is_read_or_ends_the_run")],
    "the same shard listed twice, by hard link, by symlink":
        [(WORLD, "a_shard_by_another_name_is_read_once"),
         (COMMAND, "a_shard_given_twice_is_read_once")],
    "FIFO, directory, device as shard":
        [(WORLD, "what_is_no_file_is_refused_or_walked")],
    "EIO on read":
        [(FAILING, "any_read_may_fail"),
         (TROUBLE, "an_error_comes_after_all_bytes_before_it_and_stays")],
    "short reads, EINTR, EAGAIN, reordered and delayed completions":
        [(FAILING, "short_late_and_interrupted_reads_change_no_byte"),
         (TROUBLE, "short_interrupted_and_reordered_reads_change_nothing")],
    "io_uring refused at setup":
        [(WORLD, "io_uring_refused_by_seccomp_gives_the_same_bytes"),
         (COMMAND, "refused_io_uring_gives_the_same_bytes_and_says_so")],
    "ENOSPC, EDQUOT, EIO on write":
        [(FAILING, "any_write_may_fail"),
         (FAILING, "any_call_on_what_is_put_aside_may_fail"),
         (COMMAND,
          "a_full_disk_ends_with_73_or_74_and_leaves_the_old_set_whole")],
    "EIO on fsync":
        [(FAILING, "any_sync_may_fail"),
         (COMMAND, "an_output_that_cannot_be_synced_ends_with_74_or_73")],
    "ENOSPC, EIO on rename; EDQUOT, EIO on other changes of a folder":
        [(FAILING, "any_rename_may_fail"),
         (FAILING, "any_change_of_a_folder_may_fail")],
    "short and interrupted writes":
        [(FAILING, "short_and_interrupted_writes_change_no_byte")],
    "SIGINT, SIGTERM":
        [(COMMAND,
          "sigint_stops_within_5_s_with_75_and_leaves_the_old_set_whole"),
         (COMMAND,
          "sigterm_stops_within_5_s_with_75_and_leaves_the_old_set_whole")],
    "SIGKILL":
        [(COMMAND,
          "a_killed_run_leaves_the_old_set_whole_and_the_next_one_works"),
         ("unit/test_outdir.c", "a_run_killed_at_any_call_leaves_a_whole_set")],
    "SIGKILL at random and at every Nth call, with resume":
        [(FAILING, "killed_at_any_call_the_same_command_gives_the_same_bytes")],
    "kill during resume":
        [(FAILING, "killed_again_while_it_resumes_it_gives_the_same_bytes")],
    "damaged, old, foreign checkpoint":
        [(WORLD,
          "a_damaged_old_or_foreign_checkpoint_never_gives_other_bytes")],
    "memory limit below and at the plan":
        [(WORLD, "a_memory_cgroup_below_the_plan_is_refused_and_at_it_is_kept"),
         (WORLD, "little_address_space_ends_with_71_or_does_the_work")],
    "RLIMIT_FSIZE": [(WORLD, "files_that_may_not_grow_end_with_73")],
    "RLIMIT_NOFILE, any open fails":
        [(WORLD, "few_descriptors_end_with_a_sentence"),
         (FAILING, "any_open_may_fail")],
    "full or missing /tmp":
        [(WORLD, "a_temporary_folder_that_is_full_or_missing_is_not_asked")],
    "Nth allocation fails":
        [(FAILING, "any_allocation_may_fail"),
         (FAILING, "any_allocation_of_a_filter_may_fail"),
         (FAILING, "any_call_on_what_is_put_aside_may_fail")],
    "Nth thread does not start": [(FAILING, "any_thread_may_not_start")],
    "a 1 GB line":
        [(LINES, "a_line_of_a_gb_is_rejected_and_its_neighbours_are_kept")],
    "lines of limit - 1, limit, limit + 1":
        [(LINES, "the_limit_of_a_line_is_exact")],
    "no final newline; only newlines":
        [(LINES, "ends_of_files_and_lines_without_text_cost_nothing")],
    "a line across blocks and frames":
        [(LINES, "a_line_across_frames_is_whole_wherever_it_is_cut"),
         (LINES, "a_line_across_blocks_is_whole_however_far_it_reaches")],
    "nesting 10^6": [(LINES, "nesting_of_a_million_is_rejected")],
    "every class of invalid UTF-8":
        [(LINES, "every_class_of_invalid_utf8_is_rejected")],
    "lone surrogates, `\\u0000`, BOM":
        [(LINES, "surrogates_nul_and_marks_are_what_the_formats_say")],
    "numbers at and beyond 2^63, `-0`, `1e400`, 10^5 digits":
        [(LINES, "numbers_at_every_limit_are_exact_or_unknown"),
         (LINES, "ids_beyond_every_limit_are_texts_or_rejected")],
    "needed key missing, twice, with escaped spelling, of the wrong type":
        [(LINES, "needed_keys_are_found_however_they_are_spelled")],
    "CSV cells that are formulas, quotes, newlines; ESC sequences and bidi "
    "marks in names":
        [(LINES, "names_that_are_formulas_and_controls_parse_back_equal")],
    "hash flooding":
        [("unit/test_flooding.c",
          "keys_made_to_collide_under_one_seed_spread_under_others")],
    "one account with every line":
        [(LINES, "one_account_with_every_line_is_counted")],
    "two runs at once on one output":
        [(COMMAND, "two_runs_at_once_on_one_output_end_with_73")],
    "fewer cores than planned":
        [(WORLD, "fewer_cores_than_lanes_change_no_byte")],
    "1 to 256 synthetic cores":
        [(WORLD, "one_to_256_pretended_cores_are_planned")],
}


def table():
    yield "| fault | tests |"
    yield "|---|---|"
    for item, cases in MATRIX.items():
        told = "; ".join("`%s` `%s`" % case for case in cases)
        yield "| %s | %s |" % (item, told or "not yet: waits for resume")


if __name__ == "__main__":
    print("\n".join(table()))
