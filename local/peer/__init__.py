"""What the stand-ins of the outside world share: settings, a server, a program, and the hands of a test on a running one."""
