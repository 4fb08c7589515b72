# promise: a variable with a secret leaves the environment (env_forget() in compat/compat.h)
# file: compat/env_posix.c
# test: unit/test_secret
s/(void)unsetenv(name);/(void)name;/
