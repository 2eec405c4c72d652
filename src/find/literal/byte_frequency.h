/* How common each byte value is in what people search. */
#ifndef TOME_BYTE_FREQUENCY_H
#define TOME_BYTE_FREQUENCY_H

/** From 0 to 255, more for the more common ones. An order, and no more: a wrong guess costs time alone. */
extern const unsigned char tome__byte_frequency[256];

#endif
