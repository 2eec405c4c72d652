/* Keys: reading one from a line, comparing two, keeping one. */
#include "key.h"

#include "key_time.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

int tome__key_of(const tome_key *key, zone_memory *memory, const unsigned char *line, size_t length,
                 tome_key_value *ret) {
  if (key->kind != TOME_KEY_TIME)
    return tome__key_in_column(key, line, length, ret);
  int64_t time;
  if (!tome__key_time(key, memory, line, length, &time))
    return 0;
  *ret = (tome_key_value){.time = time};
  return 1;
}

int tome_key_parse(const tome_key *key, const void *line, size_t length, tome_key_value *ret) {
  zone_memory memory = {0};
  return tome__key_of(key, &memory, line, length < key->reach ? length : key->reach, ret);
}

static decimal number_of(const tome_key_value *value) {
  decimal number = {.sign = 0};
  (void)tome__decimal_read(value->text, value->length, &number);
  return number;
}

int tome__key_is_good(const tome_key *key, const tome_key_value *value) {
  decimal number;
  return key->kind != TOME_KEY_NUMBER ||
         (value->length &&
          tome__decimal_read(value->text, value->length, &number) == value->length);
}

static int compare_text(const tome_key_value *a, const tome_key_value *b) {
  size_t both = a->length < b->length ? a->length : b->length;
  int order = both ? memcmp(a->text, b->text, both) : 0;
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

int tome_key_compare(const tome_key *key, const tome_key_value *a, const tome_key_value *b) {
  if (key->kind == TOME_KEY_TIME)
    return (a->time > b->time) - (a->time < b->time);
  if (key->kind == TOME_KEY_TEXT)
    return compare_text(a, b);
  decimal x = number_of(a), y = number_of(b);
  return tome__decimal_compare(&x, &y);
}

int tome__key_has_slack(const tome_key *key) {
  return key->slack != 0 || key->number_slack.high != 0 || key->number_slack.low != 0;
}

/* That differences of numbers are cut off at a billionth does no harm: of two numbers the larger never has the smaller difference
 * to a third, which is all that is built on. */
int tome__key_is_below(const tome_key *key, const tome_key_value *a, const tome_key_value *b) {
  if (key->kind == TOME_KEY_TIME) {
    int64_t difference;
    if (a->time >= b->time)
      return 0;
    return __builtin_sub_overflow(b->time, a->time, &difference) || difference > key->slack;
  }
  if (tome_key_compare(key, a, b) >= 0)
    return 0;
  if (key->kind == TOME_KEY_TEXT || !tome__key_has_slack(key))
    return 1;
  decimal x = number_of(a), y = number_of(b);
  return tome__billionths_exceed(tome__decimal_billionths(&x), tome__decimal_billionths(&y),
                                 key->number_slack);
}

static int make_room(kept_key *kept, size_t length) {
  if (length <= kept->room)
    return 0;
  unsigned char *bytes = tome__os_new(length * 2, 1);
  if (!bytes)
    return TOME_ENOMEM;
  tome__os_free(kept->bytes);
  kept->bytes = bytes;
  kept->room = length * 2;
  return 0;
}

int tome__key_keep(kept_key *kept, const tome_key *key, const tome_key_value *value) {
  kept->is_set = 1;
  kept->value = *value;
  if (key->kind == TOME_KEY_TIME || value->length == 0)
    return 0;
  int r = make_room(kept, value->length);
  if (r < 0)
    return r;
  memcpy(kept->bytes, value->text, value->length);
  kept->value.text = kept->bytes;
  return 0;
}

void tome__key_drop(kept_key *kept) {
  tome__os_free(kept->bytes);
  *kept = (kept_key){.is_set = 0};
}
