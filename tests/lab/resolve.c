/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks the server at the first argument for names, as generated programs do, and keeps the answers
 * in a map. Then prints for each name which of the addresses 192.0.2.1 to 192.0.2.9 are its. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns.h"
#include "dns_map.h"
#include "packet_utils.h"

static bool resolve(dns_map_t *map, int sockfd, struct sockaddr_in *server, char *name)
{
    dns_message_t message;
    if (dns_send_query(name, sockfd, server) < 0 ||
        dns_receive_response(sockfd, server, &message) < 0)
        return false;
    dns_map_add(map, name, dns_get_ip_from_name(message.answers, message.header.ancount, name));
    dns_free_message(message);
    return true;
}

static void print(dns_map_t *map, char *name)
{
    dns_entry_t *entry = dns_map_get(map, name);
    printf("%s:", name);
    for (int i = 1; entry != NULL && i < 10; i++) {
        char address[32];
        snprintf(address, sizeof address, "192.0.2.%d", i);
        if (dns_entry_contains(entry, ip_str_to_net(address, 4)))
            printf(" %d", i);
    }
    puts(entry == NULL ? " none" : "");
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return EXIT_FAILURE;
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
    server.sin_addr.s_addr = ip_str_to_net(argv[1], 4).value.ipv4;
    int sockfd = socket(AF_INET, SOCK_DGRAM, 0), status = EXIT_SUCCESS;
    dns_map_t *map = dns_map_create();
    char never[] = "never.asked.example";
    for (int i = 2; i < argc; i++)
        if (!resolve(map, sockfd, &server, argv[i]))
            status = EXIT_FAILURE;
    for (int i = 2; i < argc; i++)
        print(map, argv[i]);
    print(map, never);
    dns_map_free(map);
    close(sockfd);
    return status;
}
