// SPDX-License-Identifier: GPL-2.0 OR MIT
#include <kunit/test.h>

int main(int argc, char **argv)
{
	return kunit_main(argc, argv);
}
