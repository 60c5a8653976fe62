#ifndef SANDPIPER_STAGES_PARSE_URL_HOST_H
#define SANDPIPER_STAGES_PARSE_URL_HOST_H

#include "stages/units.h"

/*
 * The domain of a link: behind `scheme://` (RFC 3986, section 3.1; without one
 * from the start), up to the first of / ? # \, behind the last @ in that,
 * without a last :port (digits or none), A to Z lower-cased, without one dot
 * at the end, then without one `www.` in front. Other bytes stay as they are:
 * an xn-- name is not decoded, [::1] keeps its brackets.
 *
 * Writes it to out, which has room for the URL's bytes; the text borrows out.
 * Size 0: no domain.
 */
struct text url_host(struct text url, char *out);

#endif
