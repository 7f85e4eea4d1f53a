/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Start lines of HTTP/1 (RFC 9112 sections 3 and 4), which SSDP has too. */

struct start_line {
    bool response;
    size_t method; /* its length, at the start */
    size_t target, target_length;
};

/* "HTTP/d.d" */
static bool is_http_version(const uint8_t *bytes, size_t n)
{
    return n == 8 && memcmp(bytes, "HTTP/", 5) == 0 && bytes[5] >= '0' && bytes[5] <= '9' &&
           bytes[6] == '.' && bytes[7] >= '0' && bytes[7] <= '9';
}

static size_t length_to(const uint8_t *bytes, size_t n, char end)
{
    const uint8_t *found = n == 0 ? NULL : memchr(bytes, end, n);
    return found == NULL ? n : (size_t)(found - bytes);
}

/* A status line; what is behind its number is anything. */
static bool is_status_line(const uint8_t *bytes, size_t n)
{
    size_t version = length_to(bytes, n, ' ');
    if (!is_http_version(bytes, version) || n < version + 4)
        return false;
    for (size_t i = 1; i <= 3; i++)
        if (bytes[version + i] < '0' || bytes[version + i] > '9')
            return false;
    return n == version + 4 || bytes[version + 4] == ' ';
}

static bool read_start_line(const struct packet *packet, struct start_line *line)
{
    const uint8_t *bytes = packet->payload;
    size_t n = length_to(bytes, packet->payload_length, '\n');
    if (n == packet->payload_length || n == 0) /* there is no end of the line, or no line */
        return false;
    n -= bytes[n - 1] == '\r';
    memset(line, 0, sizeof *line);
    line->response = is_status_line(bytes, n);
    if (line->response)
        return true;
    line->method = length_to(bytes, n, ' ');
    if (line->method == 0 || line->method == n || memchr(bytes, '\0', n) != NULL)
        return false;
    line->target = line->method + 1;
    line->target_length = length_to(bytes + line->target, n - line->target, ' ');
    size_t version = line->target + line->target_length + 1;
    return line->target_length > 0 && version < n && is_http_version(bytes + version, n - version);
}

/* Whether the method is one of a list that ends in NULL. */
static bool is_method(const struct packet *packet, const struct start_line *line,
                      const char *const *methods)
{
    for (; *methods != NULL; methods++)
        if (strlen(*methods) == line->method &&
            memcmp(*methods, packet->payload, line->method) == 0)
            return true;
    return false;
}
