/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captures that are built, so that a fuzzer reaches what lies behind headers, lengths and ciphers.
 *
 * An input is a list of packets, each four bytes that choose, then a payload with its length in a
 * byte before it:
 *
 *     ends      bits 0-2 source, 3-5 destination, 6 TCP (else UDP), 7 IPv6 (else IPv4)
 *     ports     bits 0-3 source, 4-7 destination
 *     content   bits 0-4 flags of TCP, 5-7 what is made of the payload (enum of build.c)
 *     time      bits 0-4 seconds since the packet before, 5-7 how it was captured (likewise)
 *
 * Headers are whole, and ends, ports and names are few, so that much matches.
 */
#ifndef IOTSIG_FUZZ_BUILD_H
#define IOTSIG_FUZZ_BUILD_H

#include "fuzz.h"

/** Captures that one input may hold. */
#define BUILD_CAPTURES 8

/**
 * Builds the next capture of an input, as a pcap of Ethernet; it is borrowed until the next call.
 * False when there is none any more.
 */
bool fuzz_build(struct cursor *at, struct bytes *capture);

/** Reads the captures of an input into a list. */
void fuzz_read_captures(struct iotsig_patterns *patterns, struct cursor *at);

/** What libFuzzer changes an input with, if the target has it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/**
 * Changes an input that is a list of packets from byte `head` on: one is put in, taken out,
 * doubled, moved, or its payload changed with its length kept right. The rest is the engine's own
 * way.
 */
size_t fuzz_mutate_packets(uint8_t *data, size_t size, size_t room, unsigned seed, size_t head);

/** Changes the `n` bytes from `at` on, of which the two bytes in front of them are the length. */
size_t fuzz_mutate_part(uint8_t *data, size_t size, size_t room, size_t at, size_t n);

#endif
