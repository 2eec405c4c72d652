/* Standard output, and why it could not be written. */
#ifndef TOME_CLI_STANDARD_OUTPUT_H
#define TOME_CLI_STANDARD_OUTPUT_H

/* Has all that was printed so far been taken? To be asked soon after printing, while
 * errno tells why not. */
int standard_output_ok(void);

/* Write out what is left and close. Returns `status`, or complains and returns STATUS_ERROR. */
int standard_output_finish(int status);

#endif
