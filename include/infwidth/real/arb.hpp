// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The C headers of Arb, wherever this system keeps them: a library of its own (`arb.h`, Debian 12) or a part of FLINT 3 (`flint/arb.h`).
#include <mpfr.h>  // before FLINT 3's headers: they declare arf_set_mpfr only after it

#include <flint/fmpq.h>  // arb.h brings it in before FLINT 3 only

#if __has_include(<flint/arb.h>)
#include <flint/acb.h>
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#include <flint/acb_hypgeom.h>
#include <flint/acb_poly.h>
#include <flint/arb_poly.h>
#include <flint/arb_fmpz_poly.h>
#else
#include <acb.h>
#include <acb_hypgeom.h>
#include <acb_poly.h>
#include <arb.h>
#include <arb_fmpz_poly.h>
#include <arb_hypgeom.h>
#include <arb_poly.h>
#endif
