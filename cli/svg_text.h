/* Text for a picture in SVG. */
#ifndef TOME_CLI_SVG_TEXT_H
#define TOME_CLI_SVG_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Print bytes that others chose, as a file name is, so that the picture stays well-formed: bytes that are not
 * UTF-8 and characters that XML forbids become U+FFFD. What is longer than `most` characters loses its
 * beginning to an ellipsis; 0: however long. */
void svg_text_print(FILE *out, const char *bytes, size_t most);

#endif
