/* Being interrupted and stopped from outside. What the caller of the command has ignored stays ignored. */
#ifndef TOME_CLI_SIGNALS_H
#define TOME_CLI_SIGNALS_H

/* What is called here runs while the rest of the command stands still anywhere: it may do nothing but set a volatile
 * sig_atomic_t and call stream_write(). */

/* Before an interrupt ends the command. Again: nothing. */
void signals_before_interrupt(void (*before)(void));

/* For who draws on the whole screen. */
struct screen_signals {
  void (*leave)(void);   /* the command ends now, or is stopped for a while */
  void (*enter)(void);   /* it goes on */
  void (*end)(void);     /* after `leave`, if it ends */
  void (*resized)(void); /* the screen has another size */
};
void signals_for_screen(const struct screen_signals *calls);

/* From now on an interrupt and a request to end the command wait for signals_wait_for_stop(), which returns when one has come. */
void signals_hold_stops(void);
void signals_wait_for_stop(void);

#endif
