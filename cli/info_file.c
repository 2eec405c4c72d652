/* The whole file is asked about first. Where that says that there is no hole, or that there are too
 * many to count, no block is asked about holes; so even a file of 100 GB costs little more than two
 * system calls a block. */
#include "info_file.h"

#include <stdlib.h>

#include "complain.h"
#include "input_file.h"
#include "verb.h"

#define MOST_QUESTIONS 256 /* about one block */

int info_file_open(struct info_file *file, const char *operand) {
  *file = (struct info_file){.operand = operand, .name = input_name(operand)};
  file->map = input_open(operand);
  if (!file->map)
    return STATUS_ERROR;
  file->info.struct_size = sizeof file->info;
  file->memory.struct_size = offsetof(tome_residency, holes);
  if (tome_info_get(file->map, &file->info) == 0 &&
      tome_residency_get(file->map, 0, TOME_END, &file->memory) == 0)
    return STATUS_OK;
  complain_tome(file->name, NULL);
  info_file_close(file);
  return STATUS_ERROR;
}

void info_file_close(struct info_file *file) {
  tome_close(file->map);
  file->map = NULL;
}

static int has_countable_holes(const tome_info *info) {
  return info->holes != 0 && info->holes != TOME_UNKNOWN;
}

/* Holes that were read are in memory, too, and tell nothing about the data beside them. */
static int is_mixed(const tome_residency *memory, uint64_t length) {
  return memory->resident != TOME_UNKNOWN && memory->resident > 0 &&
         memory->holes != TOME_UNKNOWN && memory->holes > 0 && memory->holes < length;
}

/* By halves, until each part is all data or all hole. What is not told counts as not there. */
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than the length has bits */
static void count_data(const struct info_file *file, uint64_t offset, uint64_t length,
                       int *questions, uint64_t *sum) {
  tome_residency part = {.struct_size = sizeof part};
  uint64_t page = file->info.page_size, half = length / 2 / page * page;
  if ((*questions)-- <= 0 || tome_residency_get(file->map, offset, length, &part) < 0)
    return;
  if (is_mixed(&part, length) && half > 0) {
    count_data(file, offset, half, questions, sum);
    count_data(file, offset + half, length - half, questions, sum);
  } else if (part.resident != TOME_UNKNOWN && part.holes < length) {
    *sum += part.resident;
  }
}

static int ask(const struct info_file *file, struct info_block *block) {
  int holes = has_countable_holes(&file->info);
  block->memory = (tome_residency){.struct_size = holes ? sizeof block->memory
                                                        : offsetof(tome_residency, holes)};
  int r = tome_residency_get(file->map, block->offset, block->length, &block->memory);
  block->data_resident = block->memory.resident;
  if (r == 0 && is_mixed(&block->memory, block->length)) {
    int questions = MOST_QUESTIONS;
    block->data_resident = 0;
    count_data(file, block->offset, block->length, &questions, &block->data_resident);
  }
  return r;
}

/* Block i begins where `begin` says and ends where the next one does. */
static int ask_all(const struct info_file *file, struct info_blocks *ret, size_t count,
                   uint64_t (*begin)(const struct info_blocks *blocks, uint64_t pages, size_t i)) {
  const uint64_t size = file->info.size, page = file->info.page_size;
  const uint64_t pages = (size - 1) / page + 1;
  ret->count = count;
  ret->list = calloc(count, sizeof *ret->list);
  if (!ret->list) {
    complain(file->name, "out of memory");
    return STATUS_ERROR;
  }
  for (size_t i = 0; i < count; i++) {
    uint64_t end = i + 1 < count ? begin(ret, pages, i + 1) * page : size;
    ret->list[i].offset = begin(ret, pages, i) * page;
    ret->list[i].length = end - ret->list[i].offset;
    if (ask(file, &ret->list[i]) < 0) {
      complain_tome(file->name, NULL);
      info_blocks_end(ret);
      return STATUS_ERROR;
    }
  }
  return STATUS_OK;
}

/* The quotient and the remainder are spread by themselves, so that nothing overflows. */
static uint64_t even_begin(const struct info_blocks *blocks, uint64_t pages, size_t i) {
  return pages / blocks->count * i + pages % blocks->count * i / blocks->count;
}

int info_blocks_even(const struct info_file *file, size_t most, struct info_blocks *ret) {
  *ret = (struct info_blocks){0};
  if (file->info.size == 0)
    return STATUS_OK;
  uint64_t pages = (file->info.size - 1) / file->info.page_size + 1;
  size_t count = pages < most ? (size_t)pages : most;
  ret->size = pages < most ? file->info.page_size : file->info.size / most;
  return ask_all(file, ret, count, even_begin);
}

/* In pages. */
static uint64_t round_begin(const struct info_blocks *blocks, uint64_t pages, size_t i) {
  (void)pages;
  return blocks->size * i;
}

int info_blocks_round(const struct info_file *file, size_t most, struct info_blocks *ret) {
  *ret = (struct info_blocks){.size = 1};
  if (file->info.size == 0)
    return STATUS_OK;
  uint64_t pages = (file->info.size - 1) / file->info.page_size + 1;
  while ((pages - 1) / ret->size + 1 > most)
    ret->size *= 2;
  int status = ask_all(file, ret, (size_t)((pages - 1) / ret->size + 1), round_begin);
  ret->size *= file->info.page_size;
  return status;
}

void info_blocks_end(struct info_blocks *blocks) {
  free(blocks->list);
  blocks->list = NULL;
  blocks->count = 0;
}

static uint64_t hole_bytes(const struct info_block *block) {
  uint64_t holes = block->memory.holes;
  return holes == TOME_UNKNOWN || holes > block->length ? 0 : holes;
}

uint64_t info_block_absent(const struct info_block *block) {
  uint64_t data = block->length - hole_bytes(block);
  uint64_t there = block->memory.resident == TOME_UNKNOWN ? 0 : block->data_resident;
  return there >= data ? 0 : data - there;
}

uint64_t info_unwritten(const tome_residency *memory) {
  if (memory->dirty == TOME_UNKNOWN || memory->writeback == TOME_UNKNOWN)
    return TOME_UNKNOWN;
  return memory->dirty + memory->writeback;
}

/* Holes need not be in memory, but may be, when they were read; so what is nothing but a hole counts as any other
 * range does. */
static uint64_t can_be_resident(const struct info_block *block) {
  uint64_t holes = hole_bytes(block);
  return holes == block->length ? block->length : block->length - holes;
}

static uint64_t counted_resident(const struct info_block *block) {
  return hole_bytes(block) == block->length ? block->memory.resident : block->data_resident;
}

enum info_state info_block_state(const struct info_block *block) {
  uint64_t resident = block->memory.resident, unwritten = info_unwritten(&block->memory);
  uint64_t holes = hole_bytes(block);
  if (resident == TOME_UNKNOWN)
    return holes == block->length ? INFO_HOLE : INFO_UNKNOWN;
  if (unwritten != 0 && unwritten != TOME_UNKNOWN)
    return INFO_DIRTY;
  if (resident == 0)
    return holes == block->length ? INFO_HOLE : INFO_ABSENT;
  uint64_t counted = counted_resident(block);
  if (counted == 0)
    return INFO_ABSENT;
  return counted >= can_be_resident(block) ? INFO_WHOLE : INFO_PART;
}

int info_block_level(const struct info_block *block, int whole) {
  uint64_t can_be = can_be_resident(block);
  uint64_t resident = counted_resident(block);
  if (resident == 0 || resident == TOME_UNKNOWN)
    return 0;
  if (resident >= can_be)
    return whole;
  int level = (int)((double)resident / (double)can_be * whole);
  return level < 1 ? 1 : level < whole ? level : whole - 1;
}
