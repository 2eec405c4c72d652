/* A system with placeholders, as Windows 10 documents them, where there is none: planted in the table of calls. What it does
 * not allow ends the test. */
#ifndef PLACEHOLDER_MODEL_H
#define PLACEHOLDER_MODEL_H

/** Plant it. Pre: nothing is mapped. */
void plant_placeholders(void);
/** Take it away again. Pre: as above, and no placeholder is left. */
void unplant_placeholders(void);
/** How many calls replaced a placeholder by a view so far. */
unsigned count_replaced(void);

#endif
