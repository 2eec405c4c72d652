/* The process's handler of faults in memory of ours: lost pages, and pages that are just being replaced. */
#ifndef TOME_FAULT_WINDOWS_H
#define TOME_FAULT_WINDOWS_H

/** Have the handler called from now on. Returns 0, or TOME_ENOMEM. Pre: the table of mappings is locked, as for the other one. */
int tome__faults_watch(void);
void tome__faults_unwatch(void);

#endif
