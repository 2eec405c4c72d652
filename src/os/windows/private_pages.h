/* Pages of a private mapping that were stored into: they are in a view and nowhere else. When a view is taken away because some
 * of it is replaced, they are kept, and put into the view that shows the rest. */
#ifndef TOME_PRIVATE_PAGES_H
#define TOME_PRIVATE_PAGES_H

#include "mapping_table.h"

typedef struct private_pages {
  mapping *of;
  char *now; /* room for a page */
  struct {
    size_t at, length;
    char *copy;              /* NULL: nothing is kept */
    unsigned char *is_there; /* a byte for each page */
  } part[2];
} private_pages;

/** Keep what the views `before` and `behind` have outside of [from, end), which is about to be replaced. Nothing of a mapping
 *  that is not private. TOME_ENOMEM: nothing is kept. Pre: the table is locked, as for the next one. */
int tome__private_keep(private_pages *kept, mapping *m, const piece *before, const piece *behind,
                       size_t from, size_t end);
/** Put it where it was. What cannot be had there is what cannot be had of the file. */
void tome__private_return(private_pages *kept);

#endif
