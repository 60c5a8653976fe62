# A planted defect (tests/mutants/mutants.py): with -DMUTANT=n one source file
# is compiled from a copy in the build tree that has the defect of that number,
# and all else is as it was. No file of the repository is written.
set(MUTANT 0 CACHE STRING "Number of a planted defect; 0: none")

# Puts the copy in the place of its original, in one of these targets.
function(plant_mutant)
    if(NOT MUTANT)
        return()
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    file(GLOB LISTS CONFIGURE_DEPENDS tests/mutants/*.py)
    execute_process(
        COMMAND ${Python3_EXECUTABLE} -B tests/mutants/mutants.py
            --plant ${MUTANT} --into ${CMAKE_BINARY_DIR}/mutant
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        OUTPUT_VARIABLE FILE OUTPUT_STRIP_TRAILING_WHITESPACE
        COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
        ${CMAKE_SOURCE_DIR}/${FILE} ${LISTS})
    set(COPY ${CMAKE_BINARY_DIR}/mutant/${FILE})
    get_source_file_property(OPTIONS ${FILE} COMPILE_OPTIONS)
    if(OPTIONS)
        set_source_files_properties(${COPY} PROPERTIES
            COMPILE_OPTIONS "${OPTIONS}")
    endif()
    foreach(TARGET IN LISTS ARGN)
        get_target_property(SOURCES ${TARGET} SOURCES)
        foreach(NAME ${FILE} ${CMAKE_SOURCE_DIR}/${FILE})
            if(NAME IN_LIST SOURCES)
                list(REMOVE_ITEM SOURCES ${NAME})
                set_target_properties(${TARGET} PROPERTIES
                    SOURCES "${SOURCES};${COPY}")
                message(STATUS "Mutant ${MUTANT}: ${FILE}")
                return()
            endif()
        endforeach()
    endforeach()
    message(FATAL_ERROR "Mutant ${MUTANT}: ${FILE} is compiled nowhere")
endfunction()
