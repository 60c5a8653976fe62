#ifndef SANDPIPER_STAGES_PARSE_CSV_LAYOUT_H
#define SANDPIPER_STAGES_PARSE_CSV_LAYOUT_H

#include "stages/parse/dialects/io_archive.h"

/*
 * What the header of a CSV shard says: which column holds which field of the
 * information-operations archive. Columns may stand in any order; those of
 * other names are passed over; of two of the same name the last counts.
 */
#define CSV_COLUMNS_MAX 4096
#define CSV_NO_COLUMN UINT16_MAX

struct csv_layout {
    bool users;                 /* profiles alone: no tweetid */
    uint32_t bom;               /* bytes of a byte order mark before it: 0, 3 */
    uint32_t columns;
    uint16_t column_of[IO_FIELDS];
};

/*
 * Whether the shard that begins with text[0..size) is CSV: its first line,
 * behind a byte order mark or none, is a row without errors, in UTF-8, of up
 * to CSV_COLUMNS_MAX cells, that has the columns tweetid and userid, or userid
 * and one of user_screen_name, account_creation_date and follower_count. whole:
 * there is no more text, so the row needs no line feed. Fills the layout; false
 * when out of memory, too.
 */
bool csv_layout_read(struct csv_layout *layout, const uint8_t *text,
                     size_t size, bool whole);

#endif
