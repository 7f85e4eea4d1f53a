/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flow: direction, transport, peer, the responder's port. */
#include "feature/family.h"

/* Attempts without data are the family link's. */
static bool render_flow(const struct view *view, const struct flow *flow, size_t i,
                        struct line *line)
{
    if (i > 0 || (flow->transport == IOTSIG_TCP && !flow->data))
        return false;
    return iotsig_view_flow(view, flow, line);
}

const struct family iotsig_family_flow = {.name = "flow",
                                          .id = FAMILY_FLOW,
                                          .render_flow = render_flow};
