#ifndef SANDPIPER_STAGES_STAGES_H
#define SANDPIPER_STAGES_STAGES_H

/* The face of the stages, for main. */
#include "stages/dictionary_files.h"
#include "stages/filter_files.h"
#include "stages/filter_report.h"
#include "stages/inspect.h"
#include "stages/parse/filter.h"
#include "stages/publish.h"
#include "stages/reject_limit.h"
#include "stages/report.h"
#include "stages/run.h"
#include "stages/seal.h"
#include "stages/state.h"
#include "stages/verify_report.h"

#endif
