/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: the collector decodes frames and asks the families as it does for a capture,
 * but what it collects is kept here (`struct keeper`), in tables that forget. Each flow and raw
 * feature is *mentioned* by the devices at its ends, with the number of the feature that it is to
 * each: so a packet that tells nothing new finds its flow and its raw features, and only says which
 * numbers were seen again. Texts are made when a flow or raw feature is new, and when a device's
 * surroundings have changed.
 */
#include "feature/stream.h"

#include "base/error.h"
#include "base/recent.h"
#include "feature/address.h"
#include "feature/self.h"

#define SECOND INT64_C(1000000000)

/* A TCP flow that has no data by then is one without. */
#define EMPTY_AFTER SECOND

/* How long a host that sent from public addresses is taken for a router. */
#define ROUTER_FOR (600 * SECOND)

/* The least time between two tellings of all of a device: who sends cannot make more work. */
#define RETELL_AFTER (SECOND / 10)

/* Addresses that are counted of a device; the least counted makes room. */
#define BOARD 16

/* A frame makes up to three devices: the ends, and who it says a lease is for. */
#define DEVICES_MIN 4

struct counted {
    struct address address;
    uint64_t count;
};

/* The most frequent of addresses (Metwally et al., "Efficient Computation of Frequent and Top-k
 * Elements in Data Streams", 2005). */
struct board {
    struct counted items[BOARD];
    size_t n;
};

struct live_flow;
struct live_raw;

/* That a device is at an end of a flow or raw feature. */
struct mention {
    struct stream_device *device; /* NULL: nobody */
    struct mention *next, **from;
    struct live_flow *flow; /* one of these */
    struct live_raw *raw;
    uint32_t number; /* of the feature; IOTSIG_NO_STRING: none that is wanted */
    size_t rendered; /* of a flow: lengths that were told */
};

struct live_flow {
    struct flow flow;
    struct mention mentions[2];
    bool told;  /* as what it is: with data, or without */
    bool empty; /* the latter */
    int64_t first_ns, last_ns;
    struct live_flow *later, **from; /* of those that may turn out to be without data */
};

struct live_raw {
    struct mention mentions[2];
    int64_t last_ns;
};

struct device_key {
    uint64_t mac;
    struct address address; /* where there is no `mac` */
};

struct stream_device {
    struct host host;
    struct device_key key;
    struct iotsig_stream *stream;
    void *user;
    bool routes;       /* it sends from public addresses, as routers do, ... */
    int64_t routed_ns; /* ... and when it did last */
    struct board own, asked, resolvers;
    struct address addresses[BOARD]; /* `own`, for the view */
    struct view view;
    bool outdated;   /* the view, for what was counted since */
    bool stale;      /* what was told, for the view */
    int64_t told_ns; /* when all of it was told last */
    struct mention *mentions;
};

struct iotsig_stream {
    struct iotsig_context *context;
    const struct iotsig_names *names; /* known beforehand, or NULL */
    struct collector *collector;
    struct stream_listener listener;
    struct wanted wanted;
    struct iotsig_recent devices, flows, raws, owners;
    struct host nobody;        /* whom facts are of that nobody needs */
    struct live_flow *current; /* of the frame that is taken in, or NULL */
    struct live_flow *pending, **last_pending;
    int64_t now;
    size_t names_most;
    bool any_stale;
    int64_t looked_ns; /* when stale devices were looked for */
    uint64_t names_forgotten;
};

/* Boards. */

/* Whether which addresses there are has changed. */
static bool board_count(struct board *board, const struct address *address)
{
    size_t least = 0;
    for (size_t i = 0; i < board->n; i++) {
        if (address_equal(&board->items[i].address, address)) {
            board->items[i].count++;
            return false;
        }
        if (board->items[i].count < board->items[least].count)
            least = i;
    }
    if (board->n < BOARD)
        board->items[board->n++] = (struct counted){*address, 1};
    else
        board->items[least] = (struct counted){*address, board->items[least].count + 1};
    return true;
}

static const struct address *board_most(const struct board *board)
{
    const struct counted *most = NULL;
    for (size_t i = 0; i < board->n; i++)
        if (most == NULL || board->items[i].count > most->count)
            most = &board->items[i];
    return most != NULL ? &most->address : NULL;
}

static bool board_has(const struct board *board, const struct address *address)
{
    for (size_t i = 0; i < board->n; i++)
        if (address_equal(&board->items[i].address, address))
            return true;
    return false;
}

/* Devices. */

static struct stream_device *device_of(struct iotsig_stream *stream, const struct device_key *key)
{
    bool added;
    struct stream_device *device = iotsig_recent_get(&stream->devices, key, sizeof *key, &added);
    if (device == NULL || !added)
        return device;
    device->host.mac = key->mac;
    device->key = *key;
    device->stream = stream;
    device->view.collector = stream->collector;
    device->view.own.has_mac = key->mac != 0;
    device->view.own.mac = key->mac;
    device->view.own.addresses = device->addresses;
    device->outdated = true;
    device->told_ns = -RETELL_AFTER;
    if (key->mac == 0)
        board_count(&device->own, &key->address);
    return device;
}

static struct stream_device *device_by_mac(struct iotsig_stream *stream, uint64_t mac)
{
    struct device_key key;
    memset(&key, 0, sizeof key);
    key.mac = mac;
    return device_of(stream, &key);
}

static bool is_wanted(const struct stream_device *device)
{
    const struct wanted *wanted = &device->stream->wanted;
    if (wanted->has_mac)
        return device->key.mac == wanted->mac;
    return !wanted->has_address || board_has(&device->own, &wanted->address);
}

/* Who passes on what others sent is no device. */
static bool is_router(struct stream_device *device)
{
    if (device->routes && device->stream->now - device->routed_ns > ROUTER_FOR)
        device->routes = false;
    return device->routes;
}

static bool same_surroundings(const struct view *a, const struct view *b)
{
    return a->own.count == b->own.count && a->has_gateway == b->has_gateway &&
           a->gateway_mac == b->gateway_mac &&
           (!a->has_gateway || address_equal(&a->gateway, &b->gateway));
}

/* As find_gateway() of self.c does it at the end of a capture. */
static void find_gateway(struct stream_device *device)
{
    struct view *view = &device->view;
    const struct address *gateway =
        device->host.has_router ? &device->host.router : board_most(&device->resolvers);
    if (gateway == NULL && view->own.has_mac)
        gateway = board_most(&device->asked);
    view->has_gateway = gateway != NULL;
    view->gateway_mac = 0;
    if (gateway == NULL)
        return;
    view->gateway = *gateway;
    const uint64_t *owner = iotsig_recent_find(&device->stream->owners, gateway, sizeof *gateway);
    if (owner != NULL)
        view->gateway_mac = *owner;
}

static void update_view(struct stream_device *device)
{
    const struct view before = device->view;
    bool moved = false;
    device->outdated = false;
    for (size_t i = 0; i < device->own.n; i++) {
        moved |= i >= before.own.count ||
                 !address_equal(&device->addresses[i], &device->own.items[i].address);
        device->addresses[i] = device->own.items[i].address;
    }
    device->view.own.count = device->own.n;
    find_gateway(device);
    device->stale |= moved || !same_surroundings(&before, &device->view);
    device->stream->any_stale |= device->stale;
}

/* Whether what was counted since may give another view. */
static bool is_outdated(const struct stream_device *device)
{
    const struct view *view = &device->view;
    return device->outdated || (view->has_gateway && view->gateway_mac == 0) ||
           (device->host.has_router && !address_equal(&device->host.router, &view->gateway));
}

static void forget_device(void *user, void *value)
{
    struct iotsig_stream *stream = user;
    struct stream_device *device = value;
    stream->listener.forgotten(stream->listener.user, device);
    for (struct mention *mention = device->mentions, *next; mention != NULL; mention = next) {
        next = mention->next;
        *mention = (struct mention){.number = IOTSIG_NO_STRING};
    }
}

/* Mentions. */

static void mention_init(struct mention *mention, struct stream_device *device,
                         struct live_flow *flow, struct live_raw *raw)
{
    *mention =
        (struct mention){.device = device, .flow = flow, .raw = raw, .number = IOTSIG_NO_STRING};
    if (device == NULL)
        return;
    mention->next = device->mentions;
    mention->from = &device->mentions;
    if (mention->next != NULL)
        mention->next->from = &mention->next;
    device->mentions = mention;
}

static void mention_fini(struct mention *mention)
{
    if (mention->device == NULL)
        return;
    *mention->from = mention->next;
    if (mention->next != NULL)
        mention->next->from = mention->from;
    mention->device = NULL;
}

/* The devices at two ends; of one that is at both, once. @return 0, IOTSIG_ERR_MEMORY */
static int mention_ends(struct iotsig_stream *stream, struct mention mentions[2],
                        const struct side ends[2], struct live_flow *flow, struct live_raw *raw,
                        struct iotsig_error *error)
{
    bool by_mac = ends[0].mac != 0 || ends[1].mac != 0;
    struct stream_device *first = NULL;
    for (size_t i = 0; i < 2; i++) {
        struct device_key key;
        memset(&key, 0, sizeof key);
        key.mac = ends[i].mac;
        if (!by_mac)
            key.address = ends[i].address;
        struct stream_device *device = NULL;
        bool is_one = by_mac
                          ? mac_is_host(key.mac)
                          : address_is_local(&key.address) && !address_is_broadcast(&key.address);
        if (is_one) {
            device = device_of(stream, &key);
            if (device == NULL)
                return iotsig_fail_memory(error);
        }
        mention_init(&mentions[i], device != first ? device : NULL, flow, raw);
        if (i == 0)
            first = device;
    }
    return 0;
}

static int tell(struct mention *mention, const char *family, struct line *line, uint32_t *number,
                int64_t ns, struct iotsig_error *error)
{
    const struct stream_listener *listener = &mention->device->stream->listener;
    line->text[line->n < sizeof line->text ? line->n : sizeof line->text - 1] = '\0';
    *number = listener->number(listener->user, family, line->text);
    return *number == IOTSIG_NO_STRING
               ? 0
               : listener->seen(listener->user, mention->device, *number, ns, error);
}

static bool wants(const struct iotsig_stream *stream, const struct family *family)
{
    return (stream->wanted.families & 1u << family->id) != 0;
}

static int tell_raw(struct mention *mention, struct iotsig_error *error)
{
    struct iotsig_stream *stream = mention->device->stream;
    struct line line;
    size_t n;
    const void *key = iotsig_recent_key(&stream->raws, mention->raw, &n);
    const struct raw raw = iotsig_raw_of_key(key, n);
    const struct family *family = iotsig_family_of(raw.family);
    line.n = 0;
    mention->number = IOTSIG_NO_STRING;
    if (!wants(stream, family) || !family->render(&mention->device->view, &raw, &line))
        return 0;
    return tell(mention, family->name, &line, &mention->number, mention->raw->last_ns, error);
}

/* Lengths that are told only now; there is no number of theirs, as each is told once. */
static int tell_lengths(struct mention *mention, struct iotsig_error *error)
{
    const struct flow *flow = &mention->flow->flow;
    int status = 0;
    if (flow->lengths == NULL || flow->clear ||
        !wants(mention->device->stream, &iotsig_family_length))
        return 0;
    for (; status == 0 && mention->rendered < flow->lengths->count; mention->rendered++) {
        struct line line;
        uint32_t number;
        line.n = 0;
        if (iotsig_family_length.render_flow(&mention->device->view, flow, mention->rendered,
                                             &line))
            status = tell(mention, iotsig_family_length.name, &line, &number,
                          mention->flow->last_ns, error);
    }
    return status;
}

static int tell_flow(struct mention *mention, struct iotsig_error *error)
{
    const struct live_flow *live = mention->flow;
    const struct family *family = live->empty ? &iotsig_family_link : &iotsig_family_flow;
    struct line line;
    line.n = 0;
    mention->number = IOTSIG_NO_STRING;
    if (!live->told)
        return 0;
    if (wants(mention->device->stream, family) &&
        family->render_flow(&mention->device->view, &live->flow, 0, &line)) {
        int status = tell(mention, family->name, &line, &mention->number, live->last_ns, error);
        if (status != 0)
            return status;
    }
    return tell_lengths(mention, error);
}

/* Whether anything is to be told of whom a mention is of. */
static bool is_heard(const struct mention *mention)
{
    return mention->device != NULL && !is_router(mention->device) && is_wanted(mention->device);
}

/* Tells all of a device as it is seen now. */
static int retell(struct stream_device *device, struct iotsig_error *error)
{
    const struct stream_listener *listener = &device->stream->listener;
    int status = 0;
    device->stale = false;
    device->told_ns = device->stream->now;
    listener->retelling(listener->user, device);
    for (struct mention *mention = device->mentions; status == 0 && mention != NULL;
         mention = mention->next) {
        mention->number = IOTSIG_NO_STRING;
        mention->rendered = 0;
        if (is_heard(mention))
            status = mention->flow != NULL ? tell_flow(mention, error) : tell_raw(mention, error);
    }
    listener->retold(listener->user, device);
    return status;
}

/* Makes a device's view that of now; `*told`: all was told again. */
static int look(struct stream_device *device, bool *told, struct iotsig_error *error)
{
    if (is_outdated(device))
        update_view(device);
    *told = device->stale && device->stream->now - device->told_ns >= RETELL_AFTER;
    return *told ? retell(device, error) : 0;
}

/* The same of those that were told a moment ago. */
static int look_again(struct iotsig_stream *stream, struct iotsig_error *error)
{
    int status = 0;
    bool told;
    if (!stream->any_stale || stream->now - stream->looked_ns < RETELL_AFTER)
        return 0;
    stream->looked_ns = stream->now;
    stream->any_stale = false;
    for (struct stream_device *device = NULL;
         status == 0 && (device = iotsig_recent_next(&stream->devices, device)) != NULL;) {
        status = device->stale ? look(device, &told, error) : 0;
        stream->any_stale |= device->stale;
    }
    return status;
}

static int tell_new(struct mention *mention, struct iotsig_error *error)
{
    bool told;
    if (!is_heard(mention))
        return 0;
    int status = look(mention->device, &told, error);
    if (status != 0 || told)
        return status;
    return mention->flow != NULL ? tell_flow(mention, error) : tell_raw(mention, error);
}

static int tell_again(struct mention *mention, int64_t ns, struct iotsig_error *error)
{
    if (mention->device == NULL || mention->number == IOTSIG_NO_STRING)
        return 0;
    const struct stream_listener *listener = &mention->device->stream->listener;
    return listener->seen(listener->user, mention->device, mention->number, ns, error);
}

/* What the collector keeps here. */

static struct host *keep_host(void *user, uint64_t mac)
{
    struct iotsig_stream *stream = user;
    if (!mac_is_host(mac)) {
        stream->nobody = (struct host){.mac = mac};
        return &stream->nobody;
    }
    struct stream_device *device = device_by_mac(stream, mac);
    return device != NULL ? &device->host : NULL;
}

/* It sent from public addresses, as routers do: for a while it is one. */
static int see_router(struct stream_device *device, struct iotsig_error *error)
{
    bool routed = is_router(device);
    device->host.public_source = false; /* until it does so again */
    device->routes = true;
    device->routed_ns = device->stream->now;
    return routed ? 0 : retell(device, error); /* that is, nothing */
}

static int keep_tie(void *user, enum tie tie, uint64_t mac, const struct address *address,
                    struct iotsig_error *error)
{
    struct iotsig_stream *stream = user;
    if (!mac_is_host(mac))
        return 0;
    struct stream_device *device = device_by_mac(stream, mac);
    if (device == NULL)
        return iotsig_fail_memory(error);
    if (tie == TIE_ASKED) {
        board_count(&device->asked, address);
        device->outdated = true;
        return 0;
    }
    device->outdated |= board_count(&device->own, address);
    if (device->host.public_source)
        return see_router(device, error);
    if (!address_is_local(address))
        return 0;
    bool added;
    uint64_t *owner = iotsig_recent_get(&stream->owners, address, sizeof *address, &added);
    if (owner == NULL)
        return iotsig_fail_memory(error);
    if (added)
        *owner = mac;
    return 0;
}

static void pending_fini(struct iotsig_stream *stream, struct live_flow *live)
{
    if (live->from == NULL)
        return;
    *live->from = live->later;
    if (live->later != NULL)
        live->later->from = live->from;
    else
        stream->last_pending = live->from;
    live->from = NULL;
}

static void pending_init(struct iotsig_stream *stream, struct live_flow *live)
{
    live->later = NULL;
    live->from = stream->last_pending;
    *stream->last_pending = live;
    stream->last_pending = &live->later;
}

static void forget_flow(void *user, void *value)
{
    struct iotsig_stream *stream = user;
    struct live_flow *live = value;
    for (size_t i = 0; i < 2; i++)
        mention_fini(&live->mentions[i]);
    pending_fini(stream, live);
    iotsig_memory_free(&stream->context->allocator, live->flow.lengths);
}

static void forget_raw(void *user, void *value)
{
    struct live_raw *live = value;
    (void)user;
    for (size_t i = 0; i < 2; i++)
        mention_fini(&live->mentions[i]);
}

/* A local resolver may be the gateway. */
static void count_resolver(const struct live_flow *live)
{
    const struct side *server = &live->flow.server;
    struct stream_device *client = live->mentions[0].device;
    if (client == NULL || !iotsig_is_local_resolver(server))
        return;
    board_count(&client->resolvers, &server->address);
    client->outdated = true;
}

static struct flow *keep_flow(void *user, const struct flow_key *key, const struct seen *seen)
{
    struct iotsig_stream *stream = user;
    bool added;
    struct live_flow *live = iotsig_recent_get(&stream->flows, key, sizeof *key, &added);
    stream->current = live;
    if (live == NULL)
        return NULL;
    if (added) {
        iotsig_flow_begin(&live->flow, stream->collector, seen);
        live->first_ns = stream->now;
        pending_init(stream, live);
        const struct side ends[2] = {live->flow.client, live->flow.server};
        if (mention_ends(stream, live->mentions, ends, live, NULL, NULL) != 0)
            return NULL;
    }
    count_resolver(live);
    return &live->flow;
}

static int keep_raw(void *user, const struct raw_key *key, size_t n, struct iotsig_error *error)
{
    struct iotsig_stream *stream = user;
    int status = 0;
    bool added;
    struct live_raw *live = iotsig_recent_get(&stream->raws, key, n, &added);
    if (live == NULL)
        return iotsig_fail_memory(error);
    live->last_ns = stream->now;
    if (added) {
        const struct side ends[2] = {{key->src_mac, key->src, 0}, {key->dst_mac, key->dst, 0}};
        status = mention_ends(stream, live->mentions, ends, NULL, live, error);
    }
    for (size_t i = 0; i < 2 && status == 0; i++)
        status = added ? tell_new(&live->mentions[i], error)
                       : tell_again(&live->mentions[i], stream->now, error);
    return status;
}

static const struct keeper keeper = {keep_host, keep_tie, keep_flow, keep_raw};

/* Frames. */

/* Names that are not those of flows are forgotten, all at once: they come again. */
static int forget_names(struct iotsig_stream *stream, struct iotsig_error *error)
{
    struct iotsig_names *names, *old = stream->collector->names;
    char room[IOTSIG_ADDRESS_TEXT];
    int status = stream->names != NULL ? iotsig_names_dup(&names, stream->names, error)
                                       : iotsig_names_new(&names, stream->context, error);
    if (status != 0)
        return status;
    for (struct live_flow *live = NULL;
         status == 0 && (live = iotsig_recent_next(&stream->flows, live)) != NULL;) {
        struct flow *flow = &live->flow;
        if (flow->name.p == NULL)
            continue;
        status = iotsig_names_set_address(names, &flow->server.address, flow->name, error);
        if (status == IOTSIG_ERR_LIMIT)
            status = 0;
        flow->name = iotsig_names_host(names, &flow->server.address, room);
        if (flow->name.p == room)
            flow->name = (struct text){NULL, 0};
    }
    iotsig_names_free(old);
    stream->collector->names = names;
    stream->collector->names_full = false;
    stream->names_forgotten++;
    return status;
}

static bool has_many_names(const struct iotsig_stream *stream)
{
    const struct iotsig_names *names = stream->collector->names;
    return stream->collector->names_full || names->texts.count > stream->names_most ||
           iotsig_map_count(&names->addresses) > stream->names_most ||
           iotsig_map_count(&names->aliases) > stream->names_most;
}

/* What a packet tells of its flow; called when the families have taken it in. */
static int tell_packet(struct iotsig_stream *stream, struct live_flow *live,
                       struct iotsig_error *error)
{
    struct flow *flow = &live->flow;
    bool as_data = flow->transport != IOTSIG_TCP || flow->data;
    bool new = as_data && (!live->told || live->empty);
    int status = 0;
    live->last_ns = stream->now;
    for (size_t i = 0; i < 2; i++)
        if (live->mentions[i].device != NULL)
            iotsig_recent_use(&stream->devices, live->mentions[i].device);
    if (new) {
        live->told = true;
        live->empty = false;
        pending_fini(stream, live);
    }
    for (size_t i = 0; i < 2 && status == 0; i++) {
        struct mention *mention = &live->mentions[i];
        if (new) {
            status = tell_new(mention, error);
        } else {
            status = tell_again(mention, stream->now, error);
            if (status == 0 && live->told && is_heard(mention))
                status = tell_lengths(mention, error);
        }
    }
    if (flow->lengths != NULL && flow->lengths->count == LENGTHS_MAX) {
        flow->lengths->count = 0; /* they were told: there is room for more */
        live->mentions[0].rendered = live->mentions[1].rendered = 0;
    }
    return status;
}

/* Flows that had no data for long enough; `all`: or never will. */
static int tell_empty(struct iotsig_stream *stream, bool all, struct iotsig_error *error)
{
    int status = 0;
    while (status == 0 && stream->pending != NULL) {
        struct live_flow *live = stream->pending;
        if (!all && stream->now - live->first_ns < EMPTY_AFTER)
            break;
        pending_fini(stream, live);
        live->told = live->empty = true;
        for (size_t i = 0; i < 2 && status == 0; i++)
            status = tell_new(&live->mentions[i], error);
    }
    return status;
}

int iotsig_stream_tick(struct iotsig_stream *stream, int64_t ns, struct iotsig_error *error)
{
    stream->now = ns;
    int status = tell_empty(stream, false, error);
    return status != 0 ? status : look_again(stream, error);
}

int iotsig_stream_settle(struct iotsig_stream *stream, struct iotsig_error *error)
{
    int status = tell_empty(stream, true, error);
    for (struct stream_device *device = NULL;
         status == 0 && (device = iotsig_recent_next(&stream->devices, device)) != NULL;) {
        if (is_outdated(device))
            update_view(device);
        if (device->stale)
            status = retell(device, error);
    }
    return status;
}

int iotsig_stream_add(struct iotsig_stream *stream, const struct iotsig_frame *frame, int64_t ns,
                      struct iotsig_error *error)
{
    int status = iotsig_stream_tick(stream, ns, error);
    stream->current = NULL;
    if (status == 0)
        status = iotsig_collector_add(stream->collector, frame, error);
    if (status == 0 && stream->current != NULL)
        status = tell_packet(stream, stream->current, error);
    if (status == 0 && has_many_names(stream))
        status = forget_names(stream, error);
    return status;
}

/* Beginning and end. */

static void start_tables(struct iotsig_stream *stream, const struct stream_bounds *bounds)
{
    const struct iotsig_allocator *allocator = &stream->context->allocator;
    struct iotsig_hash_key key = stream->context->hash_key;
    size_t devices = bounds->devices > DEVICES_MIN ? bounds->devices : DEVICES_MIN;
    iotsig_recent_init(&stream->devices, allocator, key, sizeof(struct stream_device), devices,
                       forget_device, stream);
    iotsig_recent_init(&stream->flows, allocator, key, sizeof(struct live_flow), bounds->flows,
                       forget_flow, stream);
    iotsig_recent_init(&stream->raws, allocator, key, sizeof(struct live_raw), bounds->flows,
                       forget_raw, stream);
    iotsig_recent_init(&stream->owners, allocator, key, sizeof(uint64_t), bounds->flows, NULL,
                       NULL);
    stream->last_pending = &stream->pending;
}

int iotsig_stream_new(struct iotsig_stream **out, struct iotsig_context *context,
                      const struct iotsig_feature_options *options,
                      const struct iotsig_names *names, const struct stream_bounds *bounds,
                      const struct stream_listener *listener, struct iotsig_error *error)
{
    struct wanted wanted;
    int status = iotsig_wanted_of_options(options, &wanted, error);
    if (status != 0)
        return status;
    struct iotsig_stream *stream = iotsig_memory_get(&context->allocator, sizeof *stream);
    if (stream == NULL)
        return iotsig_fail_memory(error);
    *stream = (struct iotsig_stream){.context = context,
                                     .names = names,
                                     .listener = *listener,
                                     .wanted = wanted};
    stream->names_most = 2 * bounds->flows + (names != NULL ? names->texts.count : 0);
    status = iotsig_collector_new(&stream->collector, context, names, error);
    if (status != 0) {
        iotsig_memory_free(&context->allocator, stream);
        return status;
    }
    stream->collector->keeper = &keeper;
    stream->collector->keeper_user = stream;
    stream->collector->families = wanted.families;
    start_tables(stream, bounds);
    *out = stream;
    return 0;
}

static void clear(struct iotsig_stream *stream)
{
    iotsig_recent_fini(&stream->raws);
    iotsig_recent_fini(&stream->flows);
    iotsig_recent_fini(&stream->devices);
    iotsig_recent_fini(&stream->owners);
}

void iotsig_stream_clear(struct iotsig_stream *stream)
{
    clear(stream);
    stream->now = 0;
    stream->any_stale = false;
}

struct stream_losses iotsig_stream_losses(const struct iotsig_stream *stream)
{
    return (struct stream_losses){stream->devices.evicted, stream->flows.evicted,
                                  stream->raws.evicted, stream->names_forgotten};
}

void iotsig_stream_device_text(const struct stream_device *device, char to[IOTSIG_ADDRESS_TEXT])
{
    if (device->key.mac != 0)
        iotsig_mac_write(to, device->key.mac);
    else
        iotsig_address_write(to, &device->key.address);
}

void **iotsig_stream_device_user(struct stream_device *device)
{
    return &device->user;
}

void iotsig_stream_free(struct iotsig_stream *stream)
{
    if (stream == NULL)
        return;
    clear(stream);
    iotsig_collector_free(stream->collector);
    iotsig_memory_free(&stream->context->allocator, stream);
}
