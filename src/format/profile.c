/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles: the policies of flows, in YAML and JSON. */
#include "base/error.h"
#include "base/output.h"
#include "translate/json.h"
#include "translate/profile.h"
#include "translate/yaml.h"

static int check_format(const struct iotsig_style *style, struct iotsig_error *error)
{
    if (style->format == IOTSIG_FORMAT_YAML || style->format == IOTSIG_FORMAT_JSON)
        return 0;
    return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "a profile is yaml or json");
}

/* Writes a tree, whose reference it takes. */
static int write_tree(json_t *root, struct iotsig_output *output, const struct iotsig_style *style,
                      struct iotsig_error *error)
{
    int status = 0;
    if (style->format == IOTSIG_FORMAT_YAML) {
        status = iotsig_yaml_write(output, root, error);
    } else {
        iotsig_put_tree(output, root);
        put_string(output, "\n");
    }
    json_decref(root);
    return status;
}

int iotsig_profile_write(const struct iotsig_patterns *patterns,
                         const struct iotsig_device *device, struct iotsig_output *output,
                         const struct iotsig_style *style, struct iotsig_error *error)
{
    int status = check_format(style, error);
    if (status == 0)
        status = iotsig_device_check(device, error);
    if (status != 0)
        return status;
    json_t *root = iotsig_profile_tree(patterns, device);
    if (root == NULL)
        return iotsig_fail_memory(error);
    return write_tree(root, output, style, error);
}

/* json_copy() leaves out what there is no memory for. */
static json_t *copy_whole(json_t *object)
{
    json_t *copy = json_copy(object);
    if (json_object_size(copy) == json_object_size(object))
        return copy;
    json_decref(copy);
    return NULL;
}

/* The profile's tree, with the device that the settings put in front. Another one: the copy is deep
 * enough for what changes. */
static json_t *settled_tree(const struct profile *profile)
{
    const struct iotsig_device *device = &profile->device;
    json_t *root = copy_whole(profile->root), *old = json_object_get(root, "device-info");
    json_t *info = old != NULL ? copy_whole(old) : json_object();
    const char *const members[][2] = {
        {"name", device->name}, {"mac", device->mac}, {"ipv4", device->ipv4}, {"ipv6", device->ipv6}};
    for (size_t i = 0; i < 4; i++) {
        const char *text = members[i][1];
        if (text != NULL && json_object_set_new(info, members[i][0], json_string(text)) != 0) {
            json_decref(info);
            json_decref(root);
            return NULL;
        }
    }
    if (json_object_set_new(root, "device-info", info) != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

int iotsig_profiles_write(const struct iotsig_profiles *profiles, struct iotsig_output *output,
                          const struct iotsig_style *style, struct iotsig_error *error)
{
    int status = check_format(style, error);
    if (status != 0)
        return status;
    if (profiles->count != 1)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT, "a profile is one device's (give one input)");
    json_t *root = settled_tree(profiles->items[0]);
    if (root == NULL)
        return iotsig_fail_memory(error);
    return write_tree(root, output, style, error);
}
