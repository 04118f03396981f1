"""When, where and with which credentials: jobs, schedules, sensors, alerts and the command line."""
