// SPDX-License-Identifier: GPL-2.0 OR MIT
/* C++'s operators new and delete, and that exceptions find their way out. */
#include <dlfcn.h>
#include <malloc.h>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>

static int nr, failed;

static void check(bool ok, const char *what)
{
	std::printf("%sok %d - %s\n", ok ? "" : "not ", ++nr, what);
	failed += !ok;
}

static std::size_t unknown(std::size_t size)
{
	volatile std::size_t v = size;

	return v;
}

static bool is_ours(void *fn)
{
	Dl_info info;

	return dladdr(fn, &info) && std::strstr(info.dli_fname, "libzmem_malloc");
}

template <std::size_t Align> struct alignas(Align) aligned {
	char bytes[Align];
};

template <std::size_t Align> static bool is_aligned()
{
	auto *one = new aligned<Align>;
	auto *many = new aligned<Align>[3];
	auto *none = new (std::nothrow) aligned<Align>;
	bool ok = !((std::uintptr_t)one % Align) && !((std::uintptr_t)many % Align) &&
		  !((std::uintptr_t)none % Align);

	delete one;
	delete[] many;
	delete none;
	return ok;
}

template <typename Fn> static bool throws(Fn fn)
{
	try {
		fn();
	} catch (const std::bad_alloc &) {
		return true;
	}
	return false;
}

static int handler_runs;

static void handler()
{
	if (++handler_runs == 3)
		std::set_new_handler(nullptr);
}

static bool containers()
{
	std::map<int, std::string> map;
	std::vector<std::thread> threads;
	bool ok = true;

	for (int i = 0; i < 1000; i++)
		map[i] = std::string(i, 'a' + i % 26);
	for (int t = 0; t < 4; t++)
		threads.emplace_back([] {
			std::vector<std::string> v;

			for (int i = 0; i < 2000; i++)
				v.push_back(std::string(i % 300, 'x'));
		});
	for (auto &t : threads)
		t.join();
	for (auto &entry : map)
		ok = ok && entry.second == std::string(entry.first, 'a' + entry.first % 26);
	return ok;
}

int main()
{
	std::size_t huge = unknown(SIZE_MAX / 2 - 100);

	std::puts("TAP version 13\n1..14");
	check(is_ours(dlsym(RTLD_DEFAULT, "_Znwm")), "operator new is ours");
	check(is_ours(dlsym(RTLD_DEFAULT, "_ZdlPvmSt11align_val_t")),
	      "operator delete, sized and aligned, is ours");
	int *p = new int(7);
	check(*p == 7 && malloc_usable_size(p) >= sizeof(int), "new and delete");
	delete p;
	::operator delete(::operator new(unknown(100)), unknown(100));
	::operator delete[](::operator new[](unknown(0)));
	check(true, "sized and array delete");
	check(is_aligned<32>(), "aligned to 32");
	check(is_aligned<4096>(), "aligned to 4096");
	check(is_aligned<65536>(), "aligned to 65536");
	check(throws([huge] { ::operator delete(::operator new(huge)); }),
	      "new throws bad_alloc");
	check(throws([huge] { delete[] new char[huge]; }), "new[] throws bad_alloc");
	check(throws([huge] {
		::operator delete(::operator new(huge, std::align_val_t(64)),
				  std::align_val_t(64));
	}), "aligned new throws bad_alloc");
	check(!::operator new(huge, std::nothrow), "nothrow new returns null");
	check(!::operator new(huge, std::align_val_t(64), std::nothrow),
	      "aligned nothrow new returns null");
	std::set_new_handler(handler);
	check(throws([huge] { ::operator delete(::operator new(huge)); }) &&
	      handler_runs == 3, "the new-handler is asked until there is none");
	check(containers(), "containers and threads");
	return failed != 0;
}
