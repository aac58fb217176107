/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A model of zmem's magazines for spin: the busy word, the exchange with the
 * depot, closing, and the drain of a dead CPU, with an interrupt that may land
 * between any two steps.
 *
 * Each line below that is not in an atomic block is a step, between which an
 * interrupt or another CPU may come.  A section under a spinlock is one atomic
 * block: its lock is taken with interrupts off, nothing else touches what it
 * touches.  Between enter and exit a CPU touches only what no other looks at,
 * so that only its own interrupt need be tried there: "section" keeps the rest
 * waiting, and the search short.
 *
 * With PART 1 CPU 0 runs a task, an interrupt, and the work that others ask
 * for.  With PART 2 it runs a task and an interrupt, and CPU 1 a task that ends,
 * whereupon the CPU dies and whoever tears it down drains it.  With PART 3
 * somebody closes the cache while CPU 0's task works: says so, and has CPU 0
 * drain itself.  PART 4 is as 2, but without an interrupt, and CPU 1's task may
 * move to CPU 0 with a magazine in its hands, whereupon CPU 1 dies.  Checked: no
 * object is given to two, a drain by work never finds busy set, no lock is taken
 * between enter and exit, nobody pops from a CPU that was closed, a CPU has no
 * magazine from its drain on for as long as the cache is closed, and at the end
 * every object is in its slab and every magazine back.
 *
 * -DSEED_ERROR=n breaks the model in one place, which must then be found:
 *	1	the interrupt ignores busy
 *	2	CPU 0 is drained by another CPU while it runs
 *	3	busy is cleared before the object is popped
 *	4	a magazine is installed without a look whether its place is free
 *	5	busy without turning preemption off: work drains in between
 *	6	a closed CPU is opened again by an exchange
 *	7	a magazine is installed without a look whether the cache is closed
 *	8	a magazine goes to the CPU that it was taken from, though the task
 *		has moved
 */
#ifndef SEED_ERROR
#define SEED_ERROR 0
#endif
#ifndef PART
#define PART 1
#endif

#define CPUS	2
#define OBJS	3
#define MAGS	3
#define SIZE	1
#define NONE	255
#define NOBODY	255

/* A CPU's share, as struct zmem_cpu: top is counted from low. */
typedef share {
	bool busy;
	bool closed;		/* low == high == top */
	bool shut;		/* ... because somebody asked for it */
	byte top;
	byte loaded;		/* magazines, or NONE */
	byte prev;
}

share cpu[CPUS];
byte preempt_off[CPUS] = NOBODY;	/* the process that turned it off */
bool in_irq[CPUS];
byte section = NOBODY;			/* the process between enter and exit */
bool dead[CPUS];

bool held[OBJS];		/* by a caller */
bool in_slab[OBJS] = true;

byte mag_count[MAGS];		/* stale while loaded */
byte mag_slot[3];		/* MAGS * SIZE */
bool mag_unmade[MAGS] = true;
bool mag_full[MAGS];		/* in the depot, with objects */
bool mag_empty[MAGS];		/* in the depot, without */

byte running;		/* processes that are not at their end */
bool off;		/* the cache is closed: hold->closers */
bool drain_wanted;	/* of CPU 0 */
bool drained;

#define slot(m, i)	mag_slot[(m) * SIZE + (i)]

/* Who may take a step on a CPU: not under an interrupt, not preempted. */
#define my_turn(c) \
	(alone && !in_irq[c] && (preempt_off[c] == NOBODY || preempt_off[c] == _pid))

#define alone	(section == NOBODY || section == _pid)

/* Two errors are just that somebody does not wait. */
#if SEED_ERROR == 2
#define teardown_may	true
#else
#define teardown_may	alone
#endif
#if SEED_ERROR == 5
#define work_may	(!in_irq[0])
#else
#define work_may	my_turn(0)
#endif

/* The callers' side: an object is nobody else's. */
inline given(o)
{
	assert(!held[o] && !in_slab[o]);
	held[o] = true;
}

inline taken(o)
{
	assert(held[o]);
	held[o] = false;
}

/* Which one does not matter: the lowest, as all are alike. */
#define lowest(m, set) \
	if \
	:: set[0] -> m = 0 \
	:: !set[0] && set[1] -> m = 1 \
	:: !set[0] && !set[1] && set[2] -> m = 2 \
	:: else -> m = NONE \
	fi

/* Slabs: under the node's lock. */
inline slab_alloc(o)
{
	atomic {
		assert(!inside);
		lowest(o, in_slab);
		if
		:: o != NONE -> in_slab[o] = false
		:: else
		fi
	}
}

inline slab_free(o)
{
	atomic {
		assert(!inside);
		assert(!in_slab[o] && !held[o]);
		in_slab[o] = true
	}
}

/* Depot: under its lock.  A full magazine for an empty one, or none at all. */
inline depot_get_full(m, mine)
{
	atomic {
		assert(!inside);
		lowest(m, mag_full);
		if
		:: m != NONE ->
			mag_full[m] = false;
			if
			:: mine != NONE -> mag_empty[mine] = true
			:: else
			fi
		:: else
		fi
	}
}

inline depot_get_empty(m)
{
	atomic {
		assert(!inside);
		lowest(m, mag_empty);
		if
		:: m != NONE -> mag_empty[m] = false
		:: else
		fi
	}
}

inline depot_put(m)
{
	atomic {
		assert(!inside);
		if
		:: m == NONE
		:: m != NONE && mag_count[m] > 0 -> mag_full[m] = true
		:: m != NONE && mag_count[m] == 0 -> mag_empty[m] = true
		fi
	}
}

/* kmalloc(): there is memory for a few only. */
inline magazine_new(m)
{
	atomic {
		lowest(m, mag_unmade);
		if
		:: m != NONE -> mag_unmade[m] = false; mag_count[m] = 0
		:: else
		fi
	}
}

inline magazine_dissolve(m)
{
	atomic {
		do
		:: m != NONE && mag_count[m] > 0 ->
			mag_count[m] = mag_count[m] - 1;
			slab_free(slot(m, mag_count[m]))
		:: m != NONE && mag_count[m] == 0 ->
			mag_unmade[m] = true;
			mag_count[m] = 0;
			slot(m, 0) = 0;
			m = NONE
		:: m == NONE -> break
		od
	}
}

/* zmem_cpu_enter(): is_in says whether busy was ours to set. */
inline cpu_enter(c, is_in)
{
	atomic {
#if SEED_ERROR != 5
		/* An interrupt may find it off. */
		nested = preempt_off[c] != NOBODY;
		if
		:: nested
		:: else -> preempt_off[c] = _pid
		fi;
#endif
		is_in = !cpu[c].busy || ignore_busy;
		if
		:: is_in
		:: else -> preempt_enable(c); nested = false
		fi
	};
	/* An interrupt here leaves all as it was. */
	if
	:: is_in ->
		atomic {
			cpu[c].busy = true;
			inside = true;
			if
			:: section == NOBODY -> section = _pid
			:: else
			fi
		}
	:: else
	fi
}

inline preempt_enable(c)
{
#if SEED_ERROR != 5
	if
	:: nested
	:: else -> preempt_off[c] = NOBODY
	fi
#else
	skip
#endif
}

inline cpu_exit(c)
{
	atomic {
		cpu[c].busy = false;
		inside = false;
		if
		:: section == _pid -> section = NOBODY
		:: else
		fi
	};
	atomic { preempt_enable(c); nested = false }
}

/* Only between enter and exit.  Several steps, where the order matters. */
inline cpu_unload(c, m)
{
	m = cpu[c].loaded;
	if
	:: m != NONE && !cpu[c].closed -> mag_count[m] = cpu[c].top
	:: else
	fi;
	cpu[c].closed = true;
	cpu[c].loaded = NONE
}

inline cpu_load(c, m)
{
	cpu[c].loaded = m;
	if
	:: m != NONE && (!cpu[c].shut || SEED_ERROR == 6) ->
		cpu[c].top = mag_count[m];
		cpu[c].closed = false
	:: else
	fi
}

inline cpu_swap(c)
{
	cpu_unload(c, swapped);
	cpu_load(c, cpu[c].prev);
	cpu[c].prev = swapped;
	swapped = NONE
}

/* A place for a magazine: loaded, with the loaded one behind it; the depot. */
inline magazine_install(c, m)
{
	cpu_enter(c, is_in);
	if
	:: is_in ->
		if
		:: (cpu[c].prev == NONE || SEED_ERROR == 4) && (!off || SEED_ERROR == 7) ->
			cpu_unload(c, cpu[c].prev);
			cpu_load(c, m);
			m = NONE
		:: else
		fi;
		cpu_exit(c)
	:: else
	fi;
	depot_put(m);
	atomic { m = NONE; is_in = false }
}

#if SEED_ERROR == 8
#define taken_from(c)	from = c
#define install_on(c)	from
#else
#define taken_from(c)	skip
#define install_on(c)	c
#endif

/*
 * Between exit and the next enter a task may find itself on another CPU: here
 * the one that allocates, which has a magazine to find a place for.
 */
inline migrate(c)
{
	taken_from(c);
	atomic {
		if
		:: PART == 4 && c == 1 -> c = 0; dead[1] = true
		:: true
		fi
	}
}

inline pop(c, o)
{
	assert(cpu[c].top > 0);
	assert(!cpu[c].shut);
#if SEED_ERROR == 3
	cpu[c].busy = false;
#endif
	o = slot(cpu[c].loaded, cpu[c].top - 1);
	cpu[c].top = cpu[c].top - 1
}

inline push(c, o)
{
	assert(!cpu[c].shut);
	slot(cpu[c].loaded, cpu[c].top) = o;
	cpu[c].top = cpu[c].top + 1
}

/* An allocation: what is loaded, what was loaded, the depot, the slab. */
inline alloc(c, o)
{
	o = NONE;
	mine = NONE;
	cpu_enter(c, is_in);
	if
	:: is_in ->
		if
		:: !cpu[c].closed && cpu[c].top > 0 -> pop(c, o)
		:: (cpu[c].closed || cpu[c].top == 0) && !cpu[c].shut &&
		   cpu[c].prev != NONE && mag_count[cpu[c].prev] > 0 ->
			cpu_swap(c);
			pop(c, o)
		:: else ->
			mine = cpu[c].prev;
			cpu[c].prev = NONE
		fi;
		cpu_exit(c)
	:: else
	fi;
	if
	:: o == NONE && is_in -> refill(c, o)
	:: else
	fi;
	if
	:: o == NONE -> slab_alloc(o)
	:: else
	fi;
	atomic {
		if
		:: o != NONE -> given(o)
		:: else
		fi
	}
}

/* An empty magazine, mine or a new one, for objects; all of it for a full one. */
inline refill(c, o)
{
	migrate(c);
	if
	:: mine != NONE && mag_count[mine] > 0 -> other = mine
	:: else ->
		depot_get_full(other, mine);
		atomic {
			if
			:: other == NONE && mine == NONE -> magazine_new(other)
			:: other == NONE && mine != NONE -> other = mine
			:: else
			fi
		}
	fi;
	atomic {
		mine = NONE;
		if
		:: other != NONE && mag_count[other] == 0 ->
			slab_alloc(o);
			if
			:: o != NONE -> slot(other, 0) = o; mag_count[other] = 1; o = NONE
			:: else
			fi
		:: else
		fi
	};
	if
	:: other != NONE && mag_count[other] > 0 ->
		atomic {
			mag_count[other] = mag_count[other] - 1;
			o = slot(other, mag_count[other])
		};
		magazine_install(install_on(c), other)
	:: else -> depot_put(other)
	fi;
	other = NONE
}

inline free(c, o)
{
	mine = NONE;
	atomic { taken(o) };
	cpu_enter(c, is_in);
	if
	:: is_in ->
		if
		:: !cpu[c].closed && cpu[c].top < SIZE -> push(c, o); o = NONE
		:: (cpu[c].closed || cpu[c].top == SIZE) && !cpu[c].shut &&
		   cpu[c].prev != NONE && mag_count[cpu[c].prev] < SIZE ->
			cpu_swap(c);
			push(c, o);
			o = NONE
		:: else ->
			mine = cpu[c].prev;
			cpu[c].prev = NONE
		fi;
		cpu_exit(c)
	:: else
	fi;
	if
	:: o != NONE && is_in ->
		depot_put(mine);
		atomic {
			mine = NONE;
			depot_get_empty(other);
			if
			:: other == NONE -> magazine_new(other)
			:: else
			fi;
			if
			:: other != NONE ->
				slot(other, 0) = o;
				mag_count[other] = 1;
				o = NONE
			:: else
			fi
		};
		if
		:: other != NONE -> magazine_install(c, other)
		:: else
		fi
	:: else
	fi;
	if
	:: o != NONE -> slab_free(o); o = NONE
	:: else
	fi
}

/* Takes both magazines out, and gives back what is in them. */
inline cpu_detach(c)
{
	cpu_unload(c, other);
	mine = cpu[c].prev;
	cpu[c].prev = NONE
}

inline dissolve()
{
	magazine_dissolve(other);
	magazine_dissolve(mine)
}

#define locals \
	byte o = NONE; byte mine = NONE; byte other = NONE; byte swapped = NONE; \
	byte from; bool is_in; bool inside; bool nested; bool ignore_busy

/* A caller: holds two objects at most. */
proctype task(byte c; byte ops) provided (my_turn(c))
{
	locals;
	byte kept = NONE;

	do
	:: ops > 0 && o == NONE -> alloc(c, o); ops--
	:: ops > 0 && o != NONE -> free(c, o); ops--
	:: ops > 0 && o != NONE && kept == NONE -> atomic { kept = o; o = NONE }
	:: ops == 0 || (o == NONE && kept != NONE) ->
		if
		:: o != NONE -> free(c, o)
		:: o == NONE && kept != NONE -> atomic { o = kept; kept = NONE }
		:: o == NONE && kept == NONE -> break
		fi
	od;
	atomic {
		if
		:: c == 1 -> dead[1] = true
		:: else
		fi;
		running--
	}
}

/* Lands whenever interrupts are on, which is between any two steps. */
proctype interrupt(byte times)
	provided (alone || !cpu[1].busy)
{
	locals;
	byte c = 0;

	ignore_busy = (SEED_ERROR == 1);
	do
	:: times > 0 ->
		atomic { !in_irq[0]; in_irq[0] = true };
		if
		:: o == NONE -> alloc(c, o)
		:: o != NONE -> free(c, o)
		fi;
		in_irq[0] = false;
		times--
	:: times == 0 -> break
	od;
	if
	:: o != NONE ->
		atomic { !in_irq[0]; in_irq[0] = true };
		free(c, o);
		in_irq[0] = false
	:: else
	fi;
	running--
}

/* What others ask of CPU 0: to close, then to open and drain. */
proctype work() provided (work_may)
{
	locals;

	cpu_enter(0, is_in);
	assert(is_in);
	cpu[0].shut = true;
	if
	:: cpu[0].loaded != NONE && !cpu[0].closed ->
		mag_count[cpu[0].loaded] = cpu[0].top
	:: else
	fi;
	cpu[0].closed = true;
	cpu_exit(0);

	/* While it is closed, whatever comes goes another way; see pop(). */

	cpu_enter(0, is_in);
	assert(is_in);
	cpu[0].shut = false;
	cpu_detach(0);
	cpu_exit(0);
	dissolve();
	running--
}

/* Closes the cache, has CPU 0 drained, and opens it some time later. */
proctype closer()
{
	off = true;
	drain_wanted = true;
	atomic {
		drained && alone;
		assert(cpu[0].loaded == NONE && cpu[0].prev == NONE);
		off = false
	};
	running--
}

/* The drain that it asks for. */
proctype drain_work() provided (work_may)
{
	locals;

	drain_wanted;
	cpu_enter(0, is_in);
	assert(is_in);
	cpu_detach(0);
	cpu_exit(0);
	dissolve();
	drained = true;
	running--
}

/* Drains CPU 1 once it is dead. */
proctype teardown() provided (teardown_may)
{
	locals;

#if SEED_ERROR == 2
	cpu_detach(0);
	dissolve();
#endif
	dead[1];
	cpu_detach(1);
	dissolve();
	running--
}

/* Destroys the cache: what is left on CPU 0 and in the depot. */
inline destroy()
{
	byte m;

	cpu_detach(0);
	dissolve();
	for (m : 0 .. MAGS - 1) {
		if
		:: mag_full[m] || mag_empty[m] ->
			mag_full[m] = false;
			mag_empty[m] = false;
			other = m;
			magazine_dissolve(other)
		:: else
		fi
	}
}

init {
	locals;
	byte i;

	atomic {
		for (i : 0 .. CPUS - 1) {
			cpu[i].loaded = NONE;
			cpu[i].prev = NONE;
			cpu[i].closed = true;
			preempt_off[i] = NOBODY
		}
#if PART == 1
#if SEED_ERROR == 2
		dead[1] = true;
		running = 4;
		run teardown();
#else
		running = 3;
#endif
		run task(0, 3);
		run interrupt(1);
		run work()
#elif PART == 3
		running = 3;
		run task(0, 3);
		run closer();
		run drain_work()
#elif PART == 4
		running = 3;
		run task(0, 1);
		run task(1, 1);
		run teardown()
#else
		running = 4;
		run task(0, 1);
		run interrupt(1);
		run task(1, 1);
		run teardown()
#endif
	};
	running == 0;
	d_step {
		destroy();
		for (i : 0 .. OBJS - 1) {
			assert(in_slab[i] && !held[i])
		}
		for (i : 0 .. MAGS - 1) {
			assert(mag_unmade[i])
		}
	}
}
