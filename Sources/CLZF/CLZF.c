#include "CLZF.h"
