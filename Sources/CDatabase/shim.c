#include "CDatabase.h"
