/*
 * gen_compose: what an event turns into.
 *
 * Fills in a line for one event of the planner: kind, language, client, shape
 * of the text, and whom it embeds or answers. Called in order of time, on the
 * planner's thread; reads and feeds the plan's recent posts and cores.
 */
#ifndef GEN_COMPOSE_H
#define GEN_COMPOSE_H

#include "gen_plan.h"

void gen_compose_line(struct gen_plan *plan, const struct gen_event *event,
                      uint64_t id, struct gen_line *line);

#endif
