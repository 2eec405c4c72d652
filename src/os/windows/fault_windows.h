/* The process's handler of faults in memory of ours: lost pages, and pages that are just being replaced. */
#ifndef TOME_FAULT_WINDOWS_H
#define TOME_FAULT_WINDOWS_H

/** Have our code stay in memory. Pre: the table is not locked: the system does it under its loader's lock, and a thread that
 *  has that may be in the handler. */
void tome__faults_prepare(void);
/** Have the handler called from now on. Returns 0, or TOME_ENOMEM. Pre: the table of mappings is locked, as for the other one. */
int tome__faults_watch(void);
void tome__faults_unwatch(void);

#endif
